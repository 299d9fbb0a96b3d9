"""`audit-drift`: what runs is judged as the audit judges it, and compared with what declares it."""

import json
from pathlib import Path
from typing import Any

import pytest

from actions_service.action import Resources
from actions_service.actions import ACTIONS
from neuroscale.architecture.catalogue import load_catalogue
from tests.actions_service.guide import step_with
from tests.actions_service.serving import Client, json_of

_FIXTURES = Path(__file__).parents[1] / "drift" / "fixtures"
_DECLARED, _OBSERVED = (
    (_FIXTURES / file).read_text(encoding="utf-8") for file in ("declared.yaml", "observed.yaml")
)


def file(path: str, content: str) -> dict[str, str]:
    """Return a file of an input."""
    return {"path": path, "content": content}


async def asked(client: Client, observed: str, declared: str | None = _DECLARED) -> dict[str, Any]:
    """Return the answer about what runs."""
    question: dict[str, Any] = {"observed": [file("cluster.yaml", observed)]}
    if declared is not None:
        question["declared"] = [file("endpoint.yaml", declared)]
    response = await client.post("/v1/actions/audit-drift", json=question)
    assert response.status == 200, await response.text()
    answer: dict[str, Any] = await json_of(response)
    return answer


async def test_what_runs_as_declared_is_in_sync(client: Client) -> None:
    answer = await asked(client, _OBSERVED)
    assert (answer["inSync"], answer["drift"], answer["unchanged"]) == (True, [], 3)
    assert answer["markdown"].startswith("**0 of 3 declared objects drifted.**")


async def test_drift_names_the_rules_that_it_breaks_and_those_that_it_heals(client: Client) -> None:
    changed = _OBSERVED.replace("-tp=2", "-tp=3").replace('nvidia.com/gpu: "2"', 'nvidia.com/gpu: "3"')
    answer = await asked(client, changed)
    [drifted] = answer["drift"]
    assert (drifted["object"]["name"], drifted["declaredIn"], drifted["heals"]) == (
        "support-chat",
        "endpoint.yaml",
        [],
    )
    assert "NS101" in drifted["breaks"]
    assert (answer["ok"], answer["inSync"]) == (False, False)
    assert "`2` → `3`" in answer["markdown"]
    back = await asked(client, _OBSERVED, _DECLARED.replace("parallel-size=2", "parallel-size=3"))
    assert "NS101" in back["drift"][0]["heals"]


async def test_objects_alone_are_judged_and_nothing_is_said_to_be_in_sync(client: Client) -> None:
    answer = await asked(client, _OBSERVED.replace("-tp=2", "-tp=3"), None)
    assert answer["inSync"] is None
    assert "NS101" in {finding["rule"] for finding in answer["findings"]}
    assert [each["name"] for each in answer["undeclared"]] == ["support-chat", "support-chat", "batch"]


async def test_the_findings_are_those_of_what_runs_alone(client: Client) -> None:
    answer = await asked(client, _OBSERVED, _DECLARED.replace("parallel-size=2", "parallel-size=3"))
    assert "NS101" not in {finding["rule"] for finding in answer["findings"]}
    assert {finding["file"] for finding in answer["findings"]} <= {"cluster.yaml"}


async def test_an_object_that_cannot_be_read_is_no_success(client: Client) -> None:
    broken = _OBSERVED.replace("imagePullPolicy: IfNotPresent", "env: none")
    answer = await asked(client, broken)
    assert (answer["ok"], answer["inSync"]) == (False, False)
    assert [each["object"]["kind"] for each in answer["unread"]] == ["InferenceService", "ScaledObject"]
    assert all("containers[0].env" in each["reason"] for each in answer["unread"])


@pytest.mark.parametrize("given", [{}, {"observed": []}, {"observed": [file("cluster.yaml", "# none")]}])
async def test_nothing_to_judge_is_refused(client: Client, given: dict[str, Any]) -> None:
    response = await client.post("/v1/actions/audit-drift", json=given)
    assert response.status == 422
    assert (await json_of(response))["error"]["field"].startswith("observed")


def test_the_guide_shows_the_answer_of_the_example() -> None:
    """The command reads files; what it prints is what the action answers to its own example."""
    action = ACTIONS["audit-drift"]
    answer = action.handler(action.examples[0].arguments, Resources(load_catalogue()))
    [drifted] = answer["drift"]
    shown = {"ok": answer["ok"], "inSync": answer["inSync"]}
    assert json.loads("\n".join(step_with("/v1/actions/audit-drift").output)) == {
        **shown,
        "drift": {"facts": drifted["facts"], "breaks": drifted["breaks"]},
    }
