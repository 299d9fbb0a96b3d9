"""The console blocks of a document: commands, and what they print."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ELIDED = "..."
PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class ConsoleStep:
    """A command and the lines it prints; "..." stands for any number of lines."""

    command: str
    output: tuple[str, ...]


def fenced_blocks(document: str, language: str) -> list[str]:
    """Return the text of the document's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document, flags=re.MULTILINE | re.DOTALL)


def console_steps(document: str) -> list[ConsoleStep]:
    """Return the commands of all console blocks, each with what is printed below it."""
    steps: list[ConsoleStep] = []
    for block in fenced_blocks(document, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *output = part.rstrip("\n").split("\n")
            steps.append(ConsoleStep(command, tuple(output)))
    return steps


def matches(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether the printed lines are the shown ones, with any lines where the document elides."""
    pattern = "".join(r"(?:[^\n]*\n)*?" if line == ELIDED else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def printed(command: str) -> str:
    """Return what a command prints; it must have nothing to complain of."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        command,
        shell=True,
        cwd=PROJECT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    return ran.stdout
