"""Findings as SARIF 2.1.0, for code scanning."""

import json
from collections.abc import Sequence
from urllib.parse import quote

from neuroscale.reports.text import object_title
from neuroscale.rules.finding import Finding, Severity

_LEVELS = {Severity.DENY: "error", Severity.WARN: "warning", Severity.INFO: "note"}


def render_sarif(findings: Sequence[Finding]) -> str:
    """Return a SARIF log with one run; its rule table holds the rules that found something."""
    rules = {finding.rule: finding for finding in findings}
    driver = {
        "name": "neuroscale",
        "informationUri": "https://neuroscale.dev/",
        "rules": [
            {"id": rule, "name": finding.name, "helpUri": finding.documentation}
            for rule, finding in sorted(rules.items())
        ],
    }
    order = {rule: index for index, rule in enumerate(sorted(rules))}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "results": [_result(finding, order[finding.rule]) for finding in findings]}
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(finding: Finding, rule_index: int) -> dict[str, object]:
    text = f"{finding.message} Fix: {finding.fix}" if finding.fix else finding.message
    location: dict[str, object] = {
        "logicalLocations": [{"fullyQualifiedName": f"{object_title(finding.manifest)} {finding.field}"}]
    }
    source = finding.manifest.source
    if source is not None and source.file != "-":
        physical: dict[str, object] = {"artifactLocation": {"uri": quote(source.file)}}
        position = source.position(finding.path)
        if position is not None:
            physical["region"] = {"startLine": position.line, "startColumn": position.column}
        location["physicalLocation"] = physical
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [location],
    }
