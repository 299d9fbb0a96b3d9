"""JSON, SARIF, JUnit and GitHub annotations say the same findings at the same places."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

from neuroscale.manifests.written import FileSource
from neuroscale.reports.formats import FINDING_FORMATS
from neuroscale.rules.finding import Finding


def test_json_carries_the_place_and_the_counts(findings: list[Finding]) -> None:
    report = json.loads(FINDING_FORMATS["json"](findings))
    first = report["findings"][0]
    assert report["summary"] == {"deny": 1, "warn": 1, "info": 1}
    assert first["object"] == {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "namespace": "team-a",
        "name": "broken",
    }
    assert (first["path"], first["file"], first["line"], first["column"]) == (
        "spec.predictor.containers[0].args[0]",
        "team-a/broken.yaml",
        12,
        13,
    )


def test_sarif_names_rules_levels_and_regions(findings: list[Finding]) -> None:
    log = json.loads(FINDING_FORMATS["sarif"](findings))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["NS001", "NS101", "NS501"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    physical = run["results"][0]["locations"][0]["physicalLocation"]
    assert physical == {
        "artifactLocation": {"uri": "team-a/broken.yaml"},
        "region": {"startLine": 12, "startColumn": 13},
    }


def test_junit_fails_a_case_for_each_denial_only(findings: list[Finding]) -> None:
    suite = ET.fromstring(FINDING_FORMATS["junit"](findings))
    assert suite.attrib == {"name": "neuroscale", "tests": "3", "failures": "1"}
    (failure,) = suite.iter("failure")
    assert failure.attrib["message"] == "3 does not divide 16 attention heads"


def test_junit_holds_no_character_that_xml_cannot(findings: list[Finding]) -> None:
    manifest = replace(findings[0].manifest, name="a\x00b\ufffe\ud800c")
    report = FINDING_FORMATS["junit"]([replace(findings[0], manifest=manifest, message="\x1b[31mred")])
    (case,) = ET.fromstring(report).iter("testcase")
    assert case.attrib["classname"] == "InferenceService team-a/abc"


def test_a_sarif_location_is_a_uri(findings: list[Finding]) -> None:
    source = findings[0].manifest.source
    assert isinstance(source, FileSource)
    manifest = replace(findings[0].manifest, source=replace(source, file="team a/100%.yaml"))
    log = json.loads(FINDING_FORMATS["sarif"]([replace(findings[0], manifest=manifest)]))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "team%20a/100%25.yaml"}


def test_github_annotations_escape_what_would_end_a_command(findings: list[Finding]) -> None:
    lines = FINDING_FORMATS["github"](findings).splitlines()
    assert lines[0] == (
        "::error title=NS101 some-pattern,file=team-a/broken.yaml,line=12,col=13::"
        "3 does not divide 16 attention heads Fix: use 1, 2, 4, 8 or 16"
    )
    assert "100%25 of" in lines[1]


def test_no_findings_are_still_a_valid_report() -> None:
    assert json.loads(FINDING_FORMATS["json"]([])) == {"findings": [], "summary": {"deny": 0, "warn": 0, "info": 0}}
    assert json.loads(FINDING_FORMATS["sarif"]([]))["runs"][0]["results"] == []
    assert ET.fromstring(FINDING_FORMATS["junit"]([])).attrib["tests"] == "0"
    assert FINDING_FORMATS["github"]([]) == ""
