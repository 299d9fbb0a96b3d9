"""`neuroscale delta` as a pull request runs it: two trees, one answer, and an exit code that can be trusted."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cost.resources.cases import (
    FOLDER,
    NAMES,
    PRICES,
    Case,
    recorded_answer,
    recorded_comment,
    without_weights,
    without_weights_in_json,
)

RUNTIME_CHANGED = FOLDER / "runtime-changed"
REPLICA_RANGE = FOLDER / "replica-range"


def arguments(name: str) -> list[str | Path]:
    """Return the arguments that compare a recorded pull request."""
    folder = FOLDER / name
    context: list[str | Path] = ["--context", folder / "context"] if (folder / "context").exists() else []
    return ["delta", folder / "base", folder / "head", "--prices", PRICES, *context]


def git(repository: Path, *words: str) -> str:
    """Run git in a repository of the test's own, away from the settings of this machine."""
    settings = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *settings, "-C", repository, *words], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def write(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    for file, text in texts.items():
        (folder / Path(file).name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_is_the_recorded_one(neuroscale: Command, name: str) -> None:
    result = neuroscale(*arguments(name))
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_weights(result.stdout) == recorded_comment(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_are_the_recorded_ones(neuroscale: Command, name: str) -> None:
    result = neuroscale(*arguments(name), "--output", "json")
    assert without_weights_in_json(json.loads(result.stdout)) == recorded_answer(name)


def test_a_pull_request_is_compared_by_two_worktrees_of_its_repository(neuroscale: Command, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    write(repository / "endpoints", Case("runtime-changed").side("base"))
    git(repository, "init", "--quiet")
    git(repository, "add", "endpoints")
    git(repository, "commit", "--quiet", "-m", "before")
    git(repository, "switch", "--quiet", "-c", "change")
    write(repository / "endpoints", Case("runtime-changed").side("head"))
    git(repository, "commit", "--quiet", "-a", "-m", "after")
    changed = git(repository, "diff", "--name-only", "main...change").split()
    assert changed == ["endpoints/runtime.yaml"]

    git(repository, "worktree", "add", "--quiet", str(tmp_path / "base"), "main")
    result = neuroscale(
        "delta", tmp_path / "base" / "endpoints", repository / "endpoints", "--prices", PRICES, "--output", "json"
    )
    answer = json.loads(result.stdout)
    statuses = {each["object"]["name"]: each["status"] for each in answer["objects"]}
    assert statuses == {"chat": "changed", "code": "changed", "own": "changed"}
    assert answer["total"]["change"]["accelerators"] == {"least": 4, "most": 4}


@pytest.mark.parametrize("piped", ["base", "head"])
def test_one_side_may_come_from_standard_input(neuroscale: Command, piped: str) -> None:
    text = "---\n".join(Case("replica-range").side(piped).values())
    paths = ["-" if side == piped else str(REPLICA_RANGE / side) for side in ("base", "head")]
    result = neuroscale("delta", *paths, "--prices", PRICES, stdin=text)
    assert without_weights(result.stdout) == recorded_comment("replica-range")


def test_the_null_device_stands_for_nothing(neuroscale: Command) -> None:
    result = neuroscale("delta", "/dev/null", RUNTIME_CHANGED / "head", "--output", "json")
    answer = json.loads(result.stdout)
    assert answer["summary"] == {"added": 3, "removed": 0, "changed": 0, "unchanged": 0}
    assert answer["prices"] is None
    assert answer["total"]["after"]["perMonth"] is None


def test_a_region_and_a_commitment_choose_among_the_prices(neuroscale: Command) -> None:
    hourly = {}
    for options in ((), ("--region", "eu-central"), ("--commitment", "one-year")):
        result = neuroscale(*arguments("added-endpoint"), "--output", "json", *options)
        hourly[options] = json.loads(result.stdout)["total"]["before"]["perHour"]["least"]
    # 8 cores at 0.03, 64 GiB at 0.004, and the accelerator at 4.00, 4.40 or 2.50.
    assert list(hourly.values()) == ["4.50", "4.90", "3.00"]


@pytest.mark.parametrize(("limit", "exit_code"), [("13128.32", 0), ("13128.31", 1), ("0", 1), ("1e9", 0)])
def test_an_increase_over_the_limit_fails(neuroscale: Command, limit: str, exit_code: int) -> None:
    result = neuroscale(*arguments("replica-range"), "--fail-over", limit)
    assert result.exit_code == exit_code
    assert ("over the limit: 13,128.32 a month more" in result.stderr) is (exit_code == 1)
    assert without_weights(result.stdout) == recorded_comment("replica-range")


@pytest.mark.parametrize("name", ["removed-endpoint", "nothing-changed"])
def test_what_costs_less_or_the_same_is_under_every_limit(neuroscale: Command, name: str) -> None:
    assert neuroscale(*arguments(name), "--fail-over", "0").exit_code == 0


@pytest.mark.parametrize(
    "name",
    [
        "accelerator-without-price",
        "claimed-devices",
        "kind-that-is-not-read",
        "no-upper-limit",
        "runtime-not-given",
        "shares-of-a-device",
    ],
)
def test_a_cost_that_is_not_wholly_known_is_held_against_no_limit(neuroscale: Command, name: str) -> None:
    result = neuroscale(*arguments(name), "--fail-over", "1000000000")
    assert result.exit_code == 2
    assert "not wholly known" in result.stderr


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--fail-over", "many", "--prices", PRICES], "'many' is no amount of money"),
        (["--fail-over", "-1", "--prices", PRICES], "'-1' is no amount of money"),
        (["--fail-over", "nan", "--prices", PRICES], "'nan' is no amount of money"),
        (["--fail-over", "inf", "--prices", PRICES], "'inf' is no amount of money"),
        (["--fail-over", "5"], "--fail-over and --region need --prices"),
        (["--region", "eu-central"], "--fail-over and --region need --prices"),
        (["--kserve", "newest"], "'newest' is not a release"),
        (["--commitment", "forever"], "--commitment"),
        (["--prices", "no-such-file.yaml"], "no-such-file.yaml"),
    ],
)
def test_wrong_usage_is_told(neuroscale: Command, extra: list[str | Path], message: str) -> None:
    result = neuroscale("delta", REPLICA_RANGE / "base", REPLICA_RANGE / "head", *extra)
    assert result.exit_code == 2
    assert message in result.stderr


BROKEN = {
    "no YAML": ("a: [", "broken.yaml"),
    "a CPU request that is no quantity": (
        Case("accelerator-without-price").side("head").popitem()[1].replace('cpu: "4"', 'cpu: "4 cores"'),
        'cpu must be a quantity of zero or more, not "4 cores"',
    ),
    "a part of a device": (
        Case("shares-of-a-device").side("head").popitem()[1].replace('mig-1g.10gb: "2"', 'mig-1g.10gb: "0.5"'),
        "nvidia.com/mig-1g.10gb must be a whole number of devices",
    ),
    "memory beyond every quantity": (
        Case("accelerator-without-price").side("head").popitem()[1].replace("32Gi", "8Ei"),
        "memory is larger than any quantity may be",
    ),
    "a negative number of replicas": (
        Case("accelerator-without-price").side("head").popitem()[1].replace("replicas: 2", "replicas: -2"),
        "spec.replicas: must be between 0 and 2147483647, not -2",
    ),
    "replicas in quotes": (
        Case("accelerator-without-price").side("head").popitem()[1].replace("replicas: 2", 'replicas: "2"'),
        "spec.replicas: must be an integer",
    ),
    "one object twice": (
        Case("replica-range").side("base").popitem()[1] + "---\n" + Case("replica-range").side("head").popitem()[1],
        "InferenceService search/chat is written twice, and not alike",
    ),
}


@pytest.mark.parametrize("side", ["base", "head"])
@pytest.mark.parametrize("breakage", BROKEN)
def test_what_cannot_be_read_is_told_and_never_counted_as_nothing(
    neuroscale: Command, tmp_path: Path, breakage: str, side: str
) -> None:
    text, message = BROKEN[breakage]
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, encoding="utf-8")
    paths = [broken if each == side else REPLICA_RANGE / "base" for each in ("base", "head")]
    result = neuroscale("delta", *paths)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "broken.yaml" in result.stderr
    assert "Traceback" not in result.stderr


def test_standard_input_cannot_be_both_sides(neuroscale: Command) -> None:
    result = neuroscale("delta", "-", "-")
    assert result.exit_code == 2
    assert 'only one of BASE and HEAD can be "-"' in result.stderr


def test_the_text_for_a_terminal_names_what_changed(neuroscale: Command) -> None:
    result = neuroscale(*arguments("runtime-changed"), "--output", "text")
    assert result.exit_code == 0
    assert "changed InferenceService models/chat\n" in result.stdout
    assert "  predictor parallelism: none -> TP 2\n" in result.stdout
    assert "  +3,013.44 USD a month\n" in result.stdout


def test_the_text_for_a_terminal_steers_no_terminal(neuroscale: Command, tmp_path: Path) -> None:
    text = Case("hostile-names").side("head").popitem()[1].replace("<b>two</b>", "\\e[31mred\\u009b")
    (tmp_path / "head.yaml").write_text(text, encoding="utf-8")
    result = neuroscale("delta", FOLDER / "hostile-names" / "base", tmp_path / "head.yaml", "--output", "text")
    assert result.exit_code == 0
    assert not {character for character in result.stdout if character != "\n" and ord(character) < 32}
    assert "\x9b" not in result.stdout
    assert "\u202e" not in result.stdout
