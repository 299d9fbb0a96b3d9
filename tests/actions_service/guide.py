"""The commands that the guide to the actions shows."""

import re
from pathlib import Path

from tests.documentation.console import ConsoleStep, fenced_blocks

_GUIDE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text(encoding="utf-8")


def step_with(text: str) -> ConsoleStep:
    """Return the first command of the guide that contains a text, with its continued lines, and what it prints."""
    for block in fenced_blocks(_GUIDE, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            last = next(number for number, line in enumerate(lines) if not line.endswith(("\\", ",")))
            command = "\n".join(lines[: last + 1])
            if text in command:
                return ConsoleStep(command, tuple(lines[last + 1 :]))
    raise AssertionError(f"no command of the guide contains {text}")
