"""The fixtures of every rule: `ok-*` are silent under all rules, `bad-*` and `warn-*` give exactly their findings.

A `bad-*` fixture is refused at admission, by its own rule alone; a `warn-*` one is admitted with a warning.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.rules.documentation import rule_family
from neuroscale.rules.registry import AnyRule, all_rules
from tests.rules.objects import RULES_FOLDER, fixture_objects, judged

OK = sorted(RULES_FOLDER.glob("*/*/ok-*.yaml"))
BAD = sorted(RULES_FOLDER.glob("*/*/bad-*.yaml"))
WARN = sorted(RULES_FOLDER.glob("*/*/warn-*.yaml"))


def folder_of(rule: AnyRule) -> Path:
    """Return where the fixtures of a rule are."""
    return RULES_FOLDER / rule_family(rule) / rule.name.replace("-", "_")


def title(fixture: Path) -> str:
    """Name a fixture by its rule and file."""
    return f"{fixture.parent.name}/{fixture.stem}"


def rule_of(fixture: Path) -> str:
    """Return the identifier of the rule whose folder a fixture is in."""
    return next(rule.identifier for rule in all_rules() if folder_of(rule) == fixture.parent)


def found_in(fixture: Path) -> list[dict[str, Any]]:
    """Judge a fixture and return its findings as the expectation writes them."""
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity.value,
            "path": finding.field,
            "message": finding.message,
            "fix": finding.fix,
        }
        for finding in judged(*fixture_objects(fixture))
    ]


def expected_in(fixture: Path) -> list[dict[str, Any]]:
    """Return the findings that are expected of a fixture."""
    expectations: dict[str, list[dict[str, Any]]] = json.loads(
        (fixture.parent / "findings.json").read_text(encoding="utf-8")
    )
    return expectations[fixture.name]


@pytest.mark.parametrize("fixture", OK, ids=title)
def test_no_rule_says_anything_about_a_good_fixture(fixture: Path) -> None:
    assert found_in(fixture) == []


@pytest.mark.parametrize("fixture", [*BAD, *WARN], ids=title)
def test_a_bad_fixture_gives_exactly_its_findings(fixture: Path) -> None:
    assert found_in(fixture) == expected_in(fixture)


@pytest.mark.parametrize("fixture", [*BAD, *WARN], ids=title)
def test_a_bad_fixture_breaks_its_own_rule_alone(fixture: Path) -> None:
    assert {finding["rule"] for finding in expected_in(fixture)} == {rule_of(fixture)}


@pytest.mark.parametrize("fixture", BAD, ids=title)
def test_a_bad_fixture_is_denied(fixture: Path) -> None:
    assert "deny" in {finding["severity"] for finding in expected_in(fixture)}


@pytest.mark.parametrize("fixture", WARN, ids=title)
def test_a_warning_fixture_is_not_denied(fixture: Path) -> None:
    assert "deny" not in {finding["severity"] for finding in expected_in(fixture)}


@pytest.mark.parametrize("fixture", [*BAD, *WARN], ids=title)
def test_a_finding_stands_at_a_line_of_the_file(fixture: Path) -> None:
    for finding in judged(*fixture_objects(fixture)):
        assert finding.manifest.source is not None
        position = finding.manifest.source.position(finding.path)
        assert position is not None
        assert position.line > 1


@pytest.mark.parametrize("fixture", [*BAD, *WARN], ids=title)
def test_texts_are_one_line_and_warnings_fit_the_api_server(fixture: Path) -> None:
    for finding in expected_in(fixture):
        assert "\n" not in finding["message"] + finding["fix"]
        assert finding["fix"]
        if finding["severity"] != "deny":
            assert len(f"{finding['rule']}: {finding['message']}") <= 256


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.identifier)
def test_every_rule_has_fixtures_on_both_sides(rule: AnyRule) -> None:
    folder = folder_of(rule)
    assert list(folder.glob("ok-*.yaml"))
    assert list(folder.glob("bad-*.yaml" if rule.severity.value == "deny" else "warn-*.yaml"))


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.identifier)
def test_every_expectation_has_its_fixture(rule: AnyRule) -> None:
    expectations = json.loads((folder_of(rule) / "findings.json").read_text(encoding="utf-8"))
    assert set(expectations) == {
        path.name for path in folder_of(rule).glob("*.yaml") if not path.name.startswith("ok-")
    }


def test_every_object_of_the_fixtures_has_a_name_of_its_own() -> None:
    names = [
        (manifest.kind, manifest.name) for fixture in [*OK, *BAD, *WARN] for manifest in fixture_objects(fixture)
    ]
    assert len(names) == len(set(names))


def test_no_fixture_names_a_namespace() -> None:
    assert not any(manifest.namespace for fixture in [*OK, *BAD, *WARN] for manifest in fixture_objects(fixture))
