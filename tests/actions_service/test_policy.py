"""The platform's policy in `check-manifests`: the verdict of the other surfaces, by the same file."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator

from actions_service.action import Resources
from actions_service.actions.check_manifests import ACTION, check_manifests
from actions_service.command import main
from actions_service.policy import PolicyFile
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.rules.finding import Severity
from neuroscale.rules.registry import all_rules

HEAD = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\n"
EXCEPTED = HEAD + (
    "exceptions:\n- {rule: NS101, namespace: search, name: support-*, reason: a release away, owner: search, "
    "expires: 2026-11-21}\n- {rule: NS302, namespace: search, reason: none, owner: search, expires: 2026-11-21}\n"
)
QUESTION = ACTION.examples[0].arguments


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the policy's file."""
    path = tmp_path / "rule-policy.yaml"
    path.write_text(EXCEPTED, encoding="utf-8")
    return path


def answer(policy: PolicyFile, today: date = date(2026, 11, 21)) -> dict[str, Any]:
    """Return what the action answers about the denied example, once its schema takes it."""
    resources = Resources(load_catalogue(), policy=policy.current, today=lambda: today)
    found = check_manifests(QUESTION, resources)
    Draft7Validator(ACTION.output_schema).validate(found)
    return found


def rules(found: dict[str, Any]) -> set[str]:
    """Return the rules that found something."""
    return {each["rule"] for each in found["findings"]}


def test_an_exception_is_used_and_accounted_for(file: Path) -> None:
    found = answer(PolicyFile(file))
    assert "NS101" not in rules(found)
    (used,) = found["exceptions"]["used"]
    assert (used["rule"], used["owner"], [each["rule"] for each in used["findings"]]) == (
        "NS101",
        "search",
        ["NS101"],
    )
    assert [each["rule"] for each in found["exceptions"]["unused"]] == ["NS302"]
    assert "unused: NS302" in found["markdown"]


def test_an_expired_exception_is_told_with_the_finding(file: Path) -> None:
    found = answer(PolicyFile(file), date(2026, 11, 22))
    assert not found["ok"]
    (finding,) = [each for each in found["findings"] if each["rule"] == "NS101"]
    assert "the exception of search (a release away) expired on 2026-11-21" in finding["message"]


def test_a_severity_of_this_surface_decides_the_verdict(file: Path) -> None:
    denying = [rule.identifier for rule in all_rules() if rule.severity is Severity.DENY]
    everything = "".join(f"  {rule}: {{action: warn}}\n" for rule in denying)
    file.write_text(f"{HEAD}severities:\n{everything}", encoding="utf-8")
    found = answer(PolicyFile(file))
    assert found["ok"]
    assert found["summary"]["warn"] >= 3


def test_a_changed_file_is_followed_and_a_wrong_one_is_not(file: Path) -> None:
    policy = PolicyFile(file)
    file.write_text(HEAD, encoding="utf-8")
    assert "NS101" in rules(answer(policy))
    file.write_text(EXCEPTED, encoding="utf-8")
    assert "NS101" not in rules(answer(policy))
    file.write_text(HEAD + "severities: {NS999: off}\n", encoding="utf-8")
    assert "NS101" not in rules(answer(policy))
    file.unlink()
    assert "NS101" not in rules(answer(policy))


def test_without_a_policy_nothing_is_said_of_exceptions() -> None:
    assert "exceptions" not in check_manifests(QUESTION, Resources(load_catalogue()))


def test_a_policy_that_is_wrong_at_the_start_is_no_start(file: Path) -> None:
    file.write_text(HEAD + "severities: {NS101: never}\n", encoding="utf-8")
    run = CliRunner().invoke(main, ["--port", "0", "--policy", str(file)])
    assert run.exit_code == 2
    assert "severities.NS101" in run.output
