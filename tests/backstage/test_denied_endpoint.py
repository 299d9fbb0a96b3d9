"""A deployment that the cluster would deny gets no pull request; the output page says what has to change.

The planner never proposes such a deployment, so the template judges a file of its own here instead of the rendered
ones; everything else of it is as published.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rigs.backstage.backend import TEMPLATES
from tests.rigs.backstage.client import Backstage
from tests.rigs.backstage.service import ActionsService

pytestmark = pytest.mark.backstage

DENIED = Path(__file__).parent / "fixtures" / "denied-endpoint.yaml"


@pytest.fixture
def files() -> list[dict[str, str]]:
    return [{"path": DENIED.name, "content": DENIED.read_text(encoding="utf-8")}]


@pytest.fixture
def template(tmp_path: Path, files: list[dict[str, str]]) -> Path:
    """The published template, whose check step looks at the denied file."""
    folder = shutil.copytree(TEMPLATES / "model-endpoint", tmp_path / "model-endpoint")
    content = yaml.safe_load((folder / "template.yaml").read_text(encoding="utf-8"))
    [check] = [step for step in content["spec"]["steps"] if step["id"] == "check"]
    check["input"]["files"] = files
    (folder / "template.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def test_the_step_that_opens_the_pull_request_is_skipped(
    backstage: Backstage, template: Path, form: dict[str, Any]
) -> None:
    reply = backstage.dry_run(template, form)
    assert reply.status == 200, reply
    log = [entry["body"] for entry in reply.body["log"]]
    steps = {body["stepId"]: body["status"] for body in log if "stepId" in body and "status" in body}
    assert steps["check"] == "completed"
    assert steps["publish"] == "skipped"
    assert reply.body["output"]["links"] == []


def test_the_output_page_says_what_has_to_change(
    backstage: Backstage,
    actions_service: ActionsService,
    template: Path,
    form: dict[str, Any],
    files: list[dict[str, str]],
) -> None:
    checked = actions_service.call("check-manifests", {"files": files}).body
    assert checked["ok"] is False
    reply = backstage.dry_run(template, form)
    assert reply.status == 200, reply
    page = {text["title"]: text["content"] for text in reply.body["output"]["text"]}
    assert list(page) == ["No pull request was opened", "The plan", "The model"]
    assert checked["markdown"].strip() in page["No pull request was opened"]
    assert "tensor-parallel-size" in page["No pull request was opened"]
