"""Every command of the guide to costs prints what the guide shows, and its price book is one."""

import re
from pathlib import Path

import pytest

from neuroscale.prices.book_file import read_price_book
from tests.documentation.console import ConsoleStep, console_steps, fenced_blocks, matches, printed

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs" / "cost.md").read_text(encoding="utf-8")
PICTURE = PROJECT / "docs" / "examples" / "two-teams" / "cost.svg"


@pytest.mark.parametrize("step", console_steps(GUIDE), ids=lambda step: step.command[:60])
def test_a_command_prints_what_is_shown(step: ConsoleStep) -> None:
    output = printed(step.command)

    assert matches(step.output, output.rstrip("\n").split("\n")), output


def test_the_picture_is_that_of_the_command_beside_it() -> None:
    command = console_steps(GUIDE)[0].command

    assert PICTURE.read_text(encoding="utf-8") == printed(f"{command} --output svg")


def test_the_price_book_that_is_shown_is_one() -> None:
    (shown,) = fenced_blocks(GUIDE, "yaml")

    assert len(read_price_book(shown, "docs/cost.md").accelerators) == 3


def test_every_option_that_is_named_is_one() -> None:
    options = printed("neuroscale cost --help")

    for named in set(re.findall(r"`(--[a-z-]+)", GUIDE)) - {"--enable-mfu-metrics"}:
        assert named in options
