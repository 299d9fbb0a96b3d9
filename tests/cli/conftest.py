"""Runs the command in this process and reports what a shell would see."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from neuroscale.cli import main

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Exit code and both streams."""

    exit_code: int
    stdout: str
    stderr: str


Command = Callable[..., CommandResult]


@pytest.fixture
def neuroscale(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Call with the arguments of the command line, and standard input by name."""

    def run(*arguments: str | Path, stdin: str | bytes = "") -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["neuroscale", *map(str, arguments)])
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return CommandResult(end.value.code, captured.out, captured.err)

    return run
