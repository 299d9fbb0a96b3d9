"""The page about comparing changes shows what the command prints, and its workflow does what it says."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from neuroscale.cost.resources.markdown import HEADING, MARKER
from tests.documentation.console import fenced_blocks

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "comparing-changes.md").read_text(encoding="utf-8")
EXAMPLE = PROJECT / "docs" / "examples" / "pull-request"
COMMAND = Path(sys.executable).parent


def run(words: list[str | Path], folder: Path, **environment: str) -> str:
    path = f"{COMMAND}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: PLW1510 - the assertion below shows what it printed
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": path, "HOME": str(folder)} | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sample() -> str:
    """Return the comment that the page shows, which holds fenced blocks of its own."""
    return PAGE.split("````markdown\n", 1)[1].split("````", 1)[0]


def workflow() -> dict[str, Any]:
    return next(document for each in fenced_blocks(PAGE, "yaml") if "jobs" in (document := yaml.safe_load(each)))


def test_the_comment_on_the_page_is_what_the_command_prints() -> None:
    (shown,) = [each for each in fenced_blocks(PAGE, "console") if "neuroscale delta" in each]
    assert run(["bash", "-c", shown.removeprefix("$ ")], PROJECT) == sample()


def test_the_example_obeys_every_rule() -> None:
    for side in ("base", "head"):
        assert run(["neuroscale", "check", EXAMPLE / side], PROJECT) == "no findings\n"


def test_every_option_of_the_command_is_on_the_page() -> None:
    told = run(["neuroscale", "delta", "--help"], PROJECT)
    options = {word.strip(",") for word in told.split() if word.startswith("--") and word.strip("-,")}
    for option in options - {"--help", "--prices."}:
        assert f"`{option}" in PAGE, option


def test_the_first_lines_by_which_a_comment_is_found_again_are_on_the_page() -> None:
    assert sample().startswith(f"{MARKER}\n{HEADING}\n")
    steps = workflow()["jobs"]["delta"]["steps"]
    assert f'startswith("{MARKER}")' in next(each["run"] for each in steps if each.get("name") == "Comment")


def test_the_workflow_compares_a_merge_commit_with_its_target_branch(tmp_path: Path) -> None:
    steps = workflow()["jobs"]["delta"]["steps"]
    script = next(each["run"] for each in steps if each.get("name") == "Compare")
    repository = tmp_path / "checkout"
    (repository / "platform").mkdir(parents=True)
    (repository / "platform" / "prices.yaml").write_bytes(
        (PROJECT / "docs" / "examples" / "prices.yaml").read_bytes()
    )
    person = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    run(["git", "init", "--quiet", "-b", "main"], repository)

    def commit(side: str, branch: str) -> None:
        folder = repository / "endpoints"
        folder.mkdir(exist_ok=True)
        for file in (EXAMPLE / side).iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        run(["git", "add", "."], repository)
        run(["git", *person, "commit", "--quiet", "-m", branch], repository)

    commit("base", "main")
    run(["git", "switch", "--quiet", "-c", "change"], repository)
    commit("head", "change")
    run(["git", "switch", "--quiet", "main"], repository)
    run(["git", *person, "merge", "--quiet", "--no-ff", "-m", "merged", "change"], repository)

    summary = tmp_path / "summary.md"
    run(["bash", "-e", "-c", script], repository, GITHUB_STEP_SUMMARY=str(summary))
    assert (repository / "comment.md").read_text(encoding="utf-8") == sample()
    assert summary.read_text(encoding="utf-8") == sample()
