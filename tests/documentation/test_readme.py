"""Every command of the README prints what the README shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation.console import ConsoleStep, console_steps, fenced_blocks, matches

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("step", console_steps(README), ids=lambda step: step.command[:60])
def test_a_command_prints_what_is_shown(step: ConsoleStep) -> None:
    ran = subprocess.run(
        step.command, shell=True, cwd=PROJECT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    assert matches(step.output, ran.stdout.rstrip("\n").split("\n")), ran.stdout


def test_the_rendered_example_is_current() -> None:
    changed = subprocess.run(
        ["git", "status", "--porcelain", "docs/examples"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert changed.stdout == ""


def test_the_walk_prints_what_is_shown(tmp_path: Path) -> None:
    walk = subprocess.run(
        [sys.executable, "-m", "deploy.local.walkthrough", "--once", "--directory", tmp_path],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert walk.returncode == 0, walk.stdout + walk.stderr
    (shown,) = fenced_blocks(README, "text")
    assert without_ports(walk.stdout.replace(str(tmp_path), ".neuroscale")).strip() == without_ports(shown).strip()
    assert (tmp_path / "profile.key").stat().st_mode & 0o077 == 0


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    (commands,) = fenced_blocks(README, "sh")
    targets = re.findall(r"^make (\w+)", commands, flags=re.MULTILINE)
    assert targets == ["run", "test"]
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)


def without_ports(text: str) -> str:
    """Leave out the port numbers: the walk takes others where the usual ones are in use."""
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
