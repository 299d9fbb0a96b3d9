"""The plain face: bare input in, bare output out."""

import pytest

from actions_service.actions import ACTIONS
from tests.actions_service.serving import GEMMA, Client, json_of


async def test_an_action_answers_its_bare_output(client: Client) -> None:
    response = await client.post("/v1/actions/inspect-model", json={"model": GEMMA})
    body = await json_of(response)
    assert response.status == 200
    assert body["is_mixture_of_experts"] is True
    assert body["repository"] == GEMMA


async def test_the_list_of_actions_holds_their_schemas_and_addresses(client: Client) -> None:
    body = await json_of(await client.get("/v1/actions"))
    assert [action["name"] for action in body["actions"]] == list(ACTIONS)
    for action in body["actions"]:
        assert action["href"] == f"/v1/actions/{action['name']}"
        assert action["schema"]["input"] == ACTIONS[action["name"]].input_schema
        assert action["schema"]["output"] == ACTIONS[action["name"]].output_schema


async def test_an_unknown_action_is_not_found_and_the_known_ones_are_named(client: Client) -> None:
    response = await client.post("/v1/actions/inspect-modle", json={})
    error = (await json_of(response))["error"]
    assert response.status == 404
    assert error["name"] == "NotFoundError"
    assert error["message"] == "there is no action 'inspect-modle'"
    assert error["fix"].startswith("did you mean inspect-model?")
    for name in ACTIONS:
        assert name in error["fix"]


async def test_another_method_is_refused_with_the_one_to_use(client: Client) -> None:
    response = await client.get("/v1/actions/inspect-model")
    assert response.status == 405
    assert response.headers["Allow"] == "POST"
    assert (await json_of(response))["error"]["fix"] == "use POST"


@pytest.mark.parametrize("path", ["/v2/actions", "/v1", "/v1/actions/", "/api/neuroscale", "/v1/actions/a/b"])
async def test_an_unknown_path_is_a_json_404(client: Client, path: str) -> None:
    response = await client.get(path)
    assert response.status in {404, 405}
    assert (await json_of(response))["error"]["fix"]


async def test_a_request_id_comes_back_and_an_unsuitable_one_is_replaced(client: Client) -> None:
    own = await client.get("/v1/actions", headers={"X-Request-Id": "task-42"})
    assert own.headers["X-Request-Id"] == "task-42"
    replaced = await client.get("/v1/actions", headers={"X-Request-Id": "a b" * 100})
    assert len(replaced.headers["X-Request-Id"]) == 32


async def test_an_error_holds_the_request_id_because_backstages_proxy_drops_headers(client: Client) -> None:
    response = await client.post("/v1/actions/inspect-model", json={}, headers={"X-Request-Id": "task-42"})
    assert (await json_of(response))["error"]["requestId"] == "task-42"
