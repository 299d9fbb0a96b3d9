"""`neuroscale check --policy`: the platform's exceptions and severities on the command line."""

import json
from pathlib import Path

import pytest

from neuroscale.reports.formats import FINDING_FORMATS
from tests.cli.conftest import FIXTURES, Command

HEAD = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\n"
DENIED = FIXTURES / "denied.yaml"


def policy(folder: Path, text: str) -> Path:
    """Return a policy file."""
    file = folder / "rule-policy.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return file


def exceptions(rules: set[str], expires: str, name: str) -> str:
    """Return an exception for each rule."""
    return "exceptions:\n" + "".join(
        f"- {{rule: {rule}, name: {name}, reason: known, owner: search, expires: {expires}}}\n"
        for rule in sorted(rules)
    )


@pytest.fixture
def denied(neuroscale: Command) -> tuple[set[str], str]:
    """Return the rules that deny the fixture, and the name of its object."""
    report = json.loads(neuroscale("check", DENIED, "--output", "json").stdout)
    rules = {each["rule"] for each in report["findings"] if each["severity"] == "deny"}
    (name,) = {each["object"]["name"] for each in report["findings"]}
    assert rules
    return rules, name


@pytest.mark.parametrize("option", ["--policy", "--exceptions"])
def test_what_is_excepted_does_not_fail_the_check(
    neuroscale: Command, tmp_path: Path, denied: tuple[set[str], str], option: str
) -> None:
    file = policy(tmp_path, exceptions(denied[0], "2999-12-31", denied[1]))
    result = neuroscale("check", DENIED, option, file, "--output", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["summary"]["deny"] == 0
    assert {use["rule"] for use in report["exceptions"]["used"]} == denied[0]


@pytest.mark.parametrize("output", sorted(FINDING_FORMATS))
def test_what_expired_fails_the_check_again_in_every_format(
    neuroscale: Command, tmp_path: Path, denied: tuple[set[str], str], output: str
) -> None:
    file = policy(tmp_path, exceptions(denied[0], "2020-01-01", denied[1]))
    result = neuroscale("check", DENIED, "--policy", file, "--output", output)
    assert result.exit_code == 1
    assert "the exception of search (known) expired on 2020-01-01" in result.stdout.replace("\\", "")


@pytest.mark.parametrize("output", sorted({*FINDING_FORMATS} - {"sarif"}))
def test_what_is_not_needed_is_told_and_fails_nothing(neuroscale: Command, tmp_path: Path, output: str) -> None:
    file = policy(tmp_path, exceptions({"NS101"}, "2999-12-31", "nobody"))
    result = neuroscale("check", FIXTURES / "good.yaml", "--policy", file, "--output", output)
    assert result.exit_code == 0
    assert "unused" in result.stdout
    assert "NS101" in result.stdout


def test_the_severities_of_the_command_line_decide_its_exit_code(
    neuroscale: Command, tmp_path: Path, denied: tuple[set[str], str]
) -> None:
    for surface, exit_code in (("cli", 0), ("webhook", 1)):
        severities = "".join(f"  {rule}: {{{surface}: warn}}\n" for rule in denied[0])
        file = policy(tmp_path, f"severities:\n{severities}")
        assert neuroscale("check", DENIED, "--policy", file).exit_code == exit_code


def test_a_policy_among_the_manifests_is_no_manifest_to_judge(neuroscale: Command, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text((FIXTURES / "good.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    policy(tmp_path, "severities: {NS101: off}\n")
    assert neuroscale("check", tmp_path).stdout == "no findings\n"


def test_the_config_map_of_the_cluster_is_the_policy_too(
    neuroscale: Command, tmp_path: Path, denied: tuple[set[str], str]
) -> None:
    text = HEAD + exceptions(denied[0], "2999-12-31", denied[1])
    file = tmp_path / "config-map.yaml"
    indented = "".join(f"    {line}\n" for line in text.splitlines())
    file.write_text(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: p}}\ndata:\n  rule-policy.yaml: |\n{indented}",
        encoding="utf-8",
    )
    assert neuroscale("check", DENIED, "--policy", file).exit_code == 0
