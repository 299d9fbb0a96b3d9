"""The guide to planning shows what the commands print, and names options that there are."""

import re
from pathlib import Path

import pytest

from tests.documentation.console import ConsoleStep, console_steps, matches, printed

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs" / "planning.md").read_text(encoding="utf-8")
# Options of the engine that the guide speaks of.
_OF_THE_ENGINE = {"--max-num-batched-tokens", "--max-num-seqs", "--trust-remote-code"}


@pytest.mark.parametrize("step", console_steps(GUIDE), ids=lambda step: step.command[:60])
def test_a_command_prints_what_is_shown(step: ConsoleStep) -> None:
    output = printed(step.command)
    assert matches(step.output, output.rstrip("\n").split("\n")), output


def test_every_option_that_is_named_is_one() -> None:
    options = printed("neuroscale plan --help")
    named = set(re.findall(r"`(--[a-z-]+)", GUIDE)) - _OF_THE_ENGINE
    assert [option for option in named if option not in options] == []


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", GUIDE)
    assert [target for target in targets if not (PROJECT / "docs" / target).exists()] == []


def test_the_number_of_published_figures_is_that_of_the_page() -> None:
    page = (PROJECT / "docs" / "throughput-measurements.md").read_text(encoding="utf-8")
    stated = re.search(r"\[(\d+) published figures\]", GUIDE)
    counted = re.search(r"Of (\d+) figures", page)
    assert stated is not None
    assert counted is not None
    assert stated[1] == counted[1]
