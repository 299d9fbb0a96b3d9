"""A template compares what a pull request occupies, and its output page shows the comment."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cost.resources.cases import PRICES, Case, recorded_comment, without_weights
from tests.rigs.backstage.client import Backstage
from tests.rigs.backstage.service import ActionsService

pytestmark = pytest.mark.backstage

CASE = Case("runtime-changed")


def arguments() -> dict[str, Any]:
    sides = {
        side: [{"path": path, "content": content} for path, content in CASE.side(side).items()]
        for side in ("base", "head")
    }
    return {**sides, "prices": PRICES.read_text("utf-8")}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template with one step, which compares."""
    folder = tmp_path / "compare"
    folder.mkdir()
    body = {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": "compare"},
        "spec": {
            "owner": "platform",
            "type": "service",
            "steps": [{"id": "compare", "action": "neuroscale:compare-resources", "input": arguments()}],
            "output": {"text": [{"title": "Comment", "content": "${{ steps.compare.output.markdown }}"}]},
        },
    }
    (folder / "template.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    return folder


def test_the_output_page_shows_the_comment(backstage: Backstage, template: Path) -> None:
    reply = backstage.dry_run(template, {})
    assert reply.status == 200, reply
    (page,) = reply.body["output"]["text"]
    assert without_weights(page["content"]).strip() == recorded_comment(CASE.name).strip()


def test_an_agent_gets_the_same_answer_as_curl(backstage: Backstage, actions_service: ActionsService) -> None:
    result = backstage.agent_call("tools/call", {"name": "neuroscale.compare-resources", "arguments": arguments()})
    assert result["structuredContent"] == actions_service.call("compare-resources", arguments()).body
