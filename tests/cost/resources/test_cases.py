"""Every pull request of `cases/` is told as recorded, in JSON and in the comment."""

import json

import pytest

from neuroscale.cost.resources.json_report import comparison_as_json
from neuroscale.cost.resources.markdown import comparison_as_markdown
from tests.cost.resources.cases import NAMES, Case, compared


@pytest.mark.parametrize("name", NAMES)
def test_the_amounts_are_those_recorded(name: str) -> None:
    recorded = json.loads(Case(name).expected("expected.json").read_text("utf-8"))
    assert json.loads(json.dumps(comparison_as_json(compared(name)))) == recorded


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_is_the_one_recorded(name: str) -> None:
    assert comparison_as_markdown(compared(name)) == Case(name).expected("expected.md").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_revert_frees_what_the_change_took(name: str) -> None:
    forth = comparison_as_json(compared(name))
    back = comparison_as_json(compared(name, is_undone=True))
    assert back["total"]["before"] == forth["total"]["after"]
    assert back["total"]["after"] == forth["total"]["before"]
    for amount in ("pods", "processorCores", "memoryBytes", "diskBytes", "accelerators", "acceleratorMemoryBytes"):
        there, again = forth["total"]["change"][amount], back["total"]["change"][amount]
        assert again["least"] == -there["least"]
        assert again["most"] == (None if there["most"] is None else -there["most"])
    assert back["summary"]["added"] == forth["summary"]["removed"]


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_change_costs_nothing(name: str) -> None:
    for each in comparison_as_json(compared(name))["objects"]:
        if each["status"] == "unchanged":
            assert each["before"] == each["after"]
            assert each["differences"] == []
