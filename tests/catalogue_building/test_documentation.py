"""Every command of docs/catalogue.md prints what the page shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation.console import ConsoleStep, console_steps, matches

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "catalogue.md").read_text(encoding="utf-8")
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("step", console_steps(PAGE), ids=lambda step: step.command[:60])
def test_a_command_prints_what_is_shown(step: ConsoleStep, tmp_path: Path) -> None:
    (tmp_path / "tests").symlink_to(PROJECT / "tests")
    ran = subprocess.run(
        step.command, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    assert matches(step.output, ran.stdout.rstrip("\n").split("\n")), ran.stdout
