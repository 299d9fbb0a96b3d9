"""What every format says of exceptions: what was set aside is neither a finding nor forgotten."""

import json
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from neuroscale.reports.beside import Beside
from neuroscale.reports.formats import FINDING_FORMATS
from neuroscale.rules.exceptions import ExceptionReport, ExceptionUse, RuleException
from neuroscale.rules.finding import Finding


def exception(rule: str) -> RuleException:
    """Return an exception from one rule."""
    return RuleException(
        rule=rule,
        kind="InferenceService",
        namespace="team-a",
        name="",
        reason="a *release* away\x1b[2J",
        owner="search",
        expires=date(2027, 6, 30),
    )


@pytest.fixture
def beside(findings: list[Finding]) -> Beside:
    """A used, an expired and an unused exception."""
    return Beside(
        ExceptionReport(
            used=(ExceptionUse(exception("NS101"), (findings[0],)),),
            expired=(ExceptionUse(exception("NS501"), (findings[1],)),),
            unused=(exception("NS302"),),
        )
    )


def test_json_accounts_for_every_exception(findings: list[Finding], beside: Beside) -> None:
    report = json.loads(FINDING_FORMATS["json"](findings[1:], beside))
    exceptions = report["exceptions"]
    assert report["summary"]["deny"] == 0
    assert [each["rule"] for each in exceptions["used"][0]["findings"]] == ["NS101"]
    assert (exceptions["expired"][0]["rule"], exceptions["unused"][0]["rule"]) == ("NS501", "NS302")
    assert exceptions["unused"][0]["expires"] == "2027-06-30"


def test_text_has_a_line_for_each_and_no_control_character(findings: list[Finding], beside: Beside) -> None:
    lines = FINDING_FORMATS["text"](findings[1:], beside).splitlines()
    at = lines.index("exceptions:")
    assert [line.strip().partition(":")[0] for line in lines[at + 1 : at + 4]] == ["used", "expired", "unused"]
    assert (
        "NS101 for InferenceService team-a/* (search: a *release* away\\x1b[2J), 1 finding set aside"
        in lines[at + 1]
    )


def test_markdown_names_them_under_a_heading(findings: list[Finding], beside: Beside) -> None:
    text = FINDING_FORMATS["markdown"]([], beside)
    assert text.startswith("**No findings** beside those that are excepted.")
    assert "### Exceptions" in text
    assert r"a \*release\* away" in text


def test_junit_skips_what_is_set_aside(findings: list[Finding], beside: Beside) -> None:
    suite = ET.fromstring(FINDING_FORMATS["junit"](findings[1:], beside))
    assert suite.attrib == {"name": "neuroscale", "tests": "3", "failures": "0", "skipped": "1"}
    (skipped,) = suite.iter("skipped")
    assert "search: a *release* away" in skipped.attrib["message"]


def test_sarif_suppresses_what_is_set_aside(findings: list[Finding], beside: Beside) -> None:
    (run,) = json.loads(FINDING_FORMATS["sarif"](findings[1:], beside))["runs"]
    assert [len(result.get("suppressions", [])) for result in run["results"]] == [0, 0, 1]
    assert run["results"][2]["suppressions"][0]["status"] == "accepted"


def test_github_has_a_notice_for_each(findings: list[Finding], beside: Beside) -> None:
    lines = FINDING_FORMATS["github"]([], beside).splitlines()
    assert [line.startswith("::notice title=Exception::") for line in lines] == [True] * 3
