"""A form becomes a pull request with an endpoint, by either template."""

from typing import Any

import pytest

from tests.rigs.backstage.client import Backstage
from tests.rigs.backstage.service import ActionsService
from tests.rigs.github.fixtures import ModelsRepository

pytestmark = pytest.mark.backstage

FOLDER = "endpoints/staging/support-chat"
BRANCH = "neuroscale/staging/support-chat"


@pytest.fixture(params=["model-endpoint", "model-endpoint-http"])
def template(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def rendered(actions_service: ActionsService, form: dict[str, Any]) -> dict[str, Any]:
    """What the action answers for the same form over plain REST."""
    question = {key: value for key, value in form.items() if key != "repoUrl"}
    reply = actions_service.call("render-endpoint", question)
    assert reply.status == 200, reply
    answer: dict[str, Any] = reply.body
    return answer


def written(answer: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of an answer as they have to stand in the repository: manifests and the page about them."""
    return {f"{FOLDER}/{file['path']}": file["content"].encode() for file in answer["files"] + answer["pages"]}


def test_the_pull_request_holds_exactly_the_files_the_action_returned(
    template: str,
    backstage: Backstage,
    form: dict[str, Any],
    rendered: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    run = backstage.run(template, form)
    assert run.error is None
    expected = written(rendered)
    assert models_repository.git.changed_files("main", BRANCH) == expected
    before, after = models_repository.git.files("main"), models_repository.git.files(BRANCH)
    assert after == before | expected


def test_latency_and_throughput_reach_the_plan_where_they_are_asked_for(
    template: str,
    backstage: Backstage,
    actions_service: ActionsService,
    form: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    demand = {"promptLength": 6000, "timePerOutputToken": 0.1, "tokensPerSecond": 2000}
    assert backstage.run(template, form | demand).error is None
    question = {key: value for key, value in (form | demand).items() if key != "repoUrl"}
    answer = actions_service.call("render-endpoint", question).body
    expected = written(answer)
    assert models_repository.git.changed_files("main", BRANCH) == expected


def test_the_pull_request_explains_the_plan_and_the_findings(
    template: str,
    backstage: Backstage,
    form: dict[str, Any],
    rendered: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    run = backstage.run(template, form)
    assert run.error is None
    page = {text["title"]: text["content"] for text in run.output["text"]}
    [pull_request] = models_repository.pull_requests()
    assert (pull_request.head, pull_request.base) == (BRANCH, "main")
    assert pull_request.title == "Serve google/gemma-4-26B-A4B as support-chat in staging"
    assert rendered["summary"].strip() in pull_request.body
    assert page["The findings"].strip() in pull_request.body
    assert models_repository.git.message(BRANCH) == pull_request.title


def test_the_output_page_shows_the_plan_its_reasons_and_the_findings_and_leads_to_the_pull_request(
    template: str,
    backstage: Backstage,
    actions_service: ActionsService,
    form: dict[str, Any],
    rendered: dict[str, Any],
) -> None:
    run = backstage.run(template, form)
    assert run.error is None
    page = {text["title"]: text["content"] for text in run.output["text"]}
    checked = actions_service.call("check-manifests", {"files": rendered["files"]}).body
    inspected = actions_service.call("inspect-model", {"model": form["model"]}).body
    assert page == {
        "The plan": rendered["summary"],
        "The findings": checked["markdown"],
        "The model": inspected["summary"],
    }
    for reason in rendered["plan"]["reasons"]:
        assert reason in page["The plan"]
    [link] = run.output["links"]
    assert link["title"] == "Pull request"
    assert link["url"].endswith("/pull/1")


def test_submitting_the_form_again_updates_the_same_pull_request(
    template: str,
    backstage: Backstage,
    form: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    assert backstage.run(template, form).error is None
    first = models_repository.git.files(BRANCH)
    assert backstage.run(template, form | {"costCenter": "cc-0815"}).error is None
    assert [pull_request.number for pull_request in models_repository.pull_requests()] == [1]
    second = models_repository.git.files(BRANCH)
    assert second.keys() == first.keys()
    manifest = f"{FOLDER}/inference-service.yaml"
    assert b"cc-4711" in first[manifest]
    assert b"cc-0815" in second[manifest]
    assert b"cc-4711" not in second[manifest]
