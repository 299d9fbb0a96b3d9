"""Every pull request of `cases/` is told as `tests.cost.resources.record` wrote it down."""

import json

import pytest

from neuroscale.cost.resources.json_report import comparison_as_json
from neuroscale.cost.resources.markdown import comparison_as_markdown
from tests.cost.resources.cases import (
    NAMES,
    compared,
    recorded_answer,
    recorded_comment,
    without_weights,
    without_weights_in_json,
)


@pytest.mark.parametrize("name", NAMES)
def test_the_amounts_are_those_recorded(name: str) -> None:
    answer = json.loads(json.dumps(comparison_as_json(compared(name))))
    assert without_weights_in_json(answer) == recorded_answer(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_is_the_one_recorded(name: str) -> None:
    assert without_weights(comparison_as_markdown(compared(name))) == recorded_comment(name)


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
