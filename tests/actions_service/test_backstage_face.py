"""Backstage's distributed-actions protocol."""

from typing import Any

import pytest

from actions_service.actions import ACTIONS
from tests.actions_service.serving import GEMMA, LISTING, Client, invocation, json_of

_FIELDS = {"id", "name", "title", "description", "pluginId", "examples", "attributes", "schema"}


async def test_the_listing_holds_every_field_of_every_action(client: Client) -> None:
    body = await json_of(await client.get(LISTING))
    assert body.keys() == {"actions"}
    assert [action["name"] for action in body["actions"]] == list(ACTIONS)
    for action in body["actions"]:
        assert action.keys() == _FIELDS
        assert action["id"] == f"neuroscale:{action['name']}"
        assert action["pluginId"] == "neuroscale"
        assert action["title"]
        assert action["description"]
        assert action["attributes"].keys() == {"readOnly", "destructive", "idempotent"}
        assert action["schema"].keys() == {"input", "output"}
        assert action["schema"]["input"]["type"] == action["schema"]["output"]["type"] == "object"


async def test_every_action_runs_in_a_dry_run(client: Client) -> None:
    """Backstage dry-runs an action only when it is read-only and not destructive."""
    body = await json_of(await client.get(LISTING))
    for action in body["actions"]:
        assert action["attributes"] == {"readOnly": True, "destructive": False, "idempotent": True}


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("v1", {"model": GEMMA}),
        ("v2", {"input": {"model": GEMMA}}),
        ("v2", {"input": {"model": GEMMA}, "secrets": {}}),
        ("v2", {"input": {"model": GEMMA}, "secrets": None}),
    ],
)
async def test_an_invocation_answers_the_output_in_its_envelope(
    client: Client, version: str, body: dict[str, Any]
) -> None:
    response = await client.post(invocation("inspect-model", version), json=body)
    answer = await json_of(response)
    plain = await json_of(await client.post("/v1/actions/inspect-model", json={"model": GEMMA}))
    assert response.status == 200
    assert answer == {"output": plain}


async def test_an_unknown_action_is_backstages_not_found_error(client: Client) -> None:
    response = await client.post(invocation("no-such"), json={})
    body = await json_of(response)
    assert response.status == 404
    assert response.reason is not None
    assert response.reason.startswith('Action "neuroscale:no-such" not found')
    assert body["error"]["name"] == "NotFoundError"
    assert body["response"] == {"statusCode": 404}


async def test_invalid_input_is_backstages_input_error_with_the_field_in_the_reason_phrase(client: Client) -> None:
    response = await client.post(invocation("inspect-model"), json={"model": 7})
    body = await json_of(response)
    assert response.status == 422
    assert response.reason == "model: must be a string, not 7"
    assert body["error"]["name"] == "InputError"
    assert body["error"]["message"] == (
        'Invalid input to action "neuroscale:inspect-model": model: must be a string, not 7'
    )
    assert body["response"] == {"statusCode": 422}


async def test_secrets_are_refused_because_no_action_takes_any(client: Client) -> None:
    envelope = {"input": {"model": GEMMA}, "secrets": {"token": "hunter2"}}
    response = await client.post(invocation("inspect-model", "v2"), json=envelope)
    body = await json_of(response)
    assert response.status == 400
    assert 'Action "neuroscale:inspect-model" does not accept secrets' in body["error"]["message"]
    assert "hunter2" not in await response.text()


@pytest.mark.parametrize("body", [[], {}, {"model": GEMMA}, "input", 7])
async def test_an_envelope_without_input_is_refused(client: Client, body: object) -> None:
    response = await client.post(invocation("inspect-model", "v2"), json=body)
    assert response.status == 422
    assert response.reason is not None
    assert response.reason.startswith("input: is required")


async def test_the_plugins_own_key_set_is_empty(client: Client) -> None:
    response = await client.get("/api/neuroscale/.backstage/auth/v1/jwks.json")
    assert await json_of(response) == {"keys": []}
