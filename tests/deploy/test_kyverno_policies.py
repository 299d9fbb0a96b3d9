"""The Kyverno policies say what their rules say, no more and no less, over the fixtures of every rule."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from neuroscale.rules.registry import all_rules
from tests.deploy.conftest import DEPLOY, Document, render
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.toolchain import RigUnavailableError, kyverno_command
from tests.rules.objects import RULES_FOLDER, fixture_objects, judged

POLICIES = sorted(DEPLOY.glob("kyverno/neuroscale-*.yaml"))
FIXTURES = sorted(RULES_FOLDER.glob("*/*/*.yaml"))
RULE_ANNOTATION = "neuroscale.dev/rule"

ObjectName = tuple[str, str]

WITHIN_REACH: dict[str, Callable[[str, str], bool]] = {
    "NS401": lambda _, __: True,
    "NS501": lambda kind, path: (
        kind == "LLMInferenceService" and path in {"metadata.labels.owner", "metadata.labels.cost-center"}
    ),
    "NS601": lambda _, path: not path.endswith(".tensor"),
    "NS602": lambda _, __: True,
    "NS603": lambda _, __: True,
}
"""Which findings of a rule its policy can have: CEL sees one object, no model, no release and no image."""


@pytest.fixture(scope="session")
def kyverno() -> Path:
    """The real Kyverno CLI."""
    try:
        return kyverno_command()
    except RigUnavailableError as error:
        skip_or_fail(error)
        raise


@pytest.fixture(scope="session")
def results(kyverno: Path) -> list[dict[str, Any]]:
    """Every result of every policy on every fixture."""
    resources = [argument for path in FIXTURES for argument in ("--resource", str(path))]
    completed = subprocess.run(
        [kyverno, "apply", *map(str, POLICIES), *resources, "--policy-report", "--output-format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(completed.stdout)
    found: list[dict[str, Any]] = report["results"]
    assert report["summary"]["error"] == 0, [result for result in found if result["result"] == "error"]
    return found


def policy_of(path: Path) -> Document:
    """Return a policy."""
    document: Document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def rule_of(policy: Document) -> str:
    """Return the identifier of the rule that a policy stands for."""
    identifier: str = policy["metadata"]["annotations"][RULE_ANNOTATION]
    return identifier


def found_by(results: list[dict[str, Any]], policy: str) -> set[ObjectName]:
    """Return the objects that a policy refuses or warns about."""
    return {
        (resource["kind"], resource["name"])
        for result in results
        if result["policy"] == policy and result["result"] in {"fail", "warn"}
        for resource in result["resources"]
    }


@pytest.fixture(scope="session")
def findings() -> set[tuple[str, str, str, str]]:
    """Every finding on every fixture: rule, kind, name and path."""
    return {
        (finding.rule, finding.manifest.kind, finding.manifest.name, finding.field)
        for path in FIXTURES
        for finding in judged(*fixture_objects(path))
    }


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_finds_exactly_what_its_rule_finds_in_one_object(
    path: Path, results: list[dict[str, Any]], findings: set[tuple[str, str, str, str]]
) -> None:
    policy = policy_of(path)
    is_within_reach = WITHIN_REACH[rule_of(policy)]
    expected = {
        (kind, name)
        for rule, kind, name, field in findings
        if rule == rule_of(policy) and is_within_reach(kind, field)
    }
    assert expected, "no fixture shows the rule"
    assert found_by(results, policy["metadata"]["name"]) == expected


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_is_as_grave_as_its_rule(path: Path) -> None:
    policy = policy_of(path)
    (rule,) = (each for each in all_rules() if each.identifier == rule_of(policy))
    assert policy["spec"]["validationActions"] == [rule.severity.value.capitalize()]


def test_every_policy_is_in_the_kustomization(kustomize: Path) -> None:
    rendered = {policy["metadata"]["name"] for policy in render(kustomize, "kyverno")}
    assert rendered == {path.stem for path in POLICIES}
