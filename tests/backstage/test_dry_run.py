"""The template editor's dry run does everything but open the pull request."""

import base64
from typing import Any

import pytest

from tests.rigs.backstage.backend import TEMPLATES
from tests.rigs.backstage.client import Backstage
from tests.rigs.backstage.service import ActionsService
from tests.rigs.github.fixtures import ModelsRepository

pytestmark = pytest.mark.backstage


def test_a_dry_run_plans_renders_and_checks_and_opens_no_pull_request(
    backstage: Backstage,
    actions_service: ActionsService,
    form: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    reply = backstage.dry_run(TEMPLATES / "model-endpoint", form)
    assert reply.status == 200, reply
    question = {key: value for key, value in form.items() if key != "repoUrl"}
    rendered = actions_service.call("render-endpoint", question).body
    files = {
        file["path"]: base64.b64decode(file["base64Content"]).decode() for file in reply.body["directoryContents"]
    }
    assert files == {file["path"]: file["content"] for file in rendered["files"] + rendered["pages"]}
    page = {text["title"]: text["content"] for text in reply.body["output"]["text"]}
    assert page["The plan"] == rendered["summary"]
    assert models_repository.git.branches() == ["main"]
    assert models_repository.pull_requests() == []


def test_a_dry_run_through_the_proxy_ends_at_the_first_step_that_needs_an_answer(
    backstage: Backstage, form: dict[str, Any], models_repository: ModelsRepository
) -> None:
    reply = backstage.dry_run(TEMPLATES / "model-endpoint-http", form)
    assert reply.status == 400
    assert "cannot be resolved to a value" in reply.body["error"]["message"]
    assert models_repository.git.branches() == ["main"]
