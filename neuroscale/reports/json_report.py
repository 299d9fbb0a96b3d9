"""Findings as JSON: the public form of `check`, of the actions and of every machine reader."""

import json
from collections.abc import Sequence

from neuroscale.reports.summary import count_by_severity
from neuroscale.rules.finding import Finding, finding_as_json


def findings_as_json(findings: Sequence[Finding]) -> dict[str, object]:
    """Return {"findings": [...], "summary": {"deny": n, "warn": n, "info": n}}."""
    return {
        "findings": [finding_as_json(finding) for finding in findings],
        "summary": count_by_severity(findings),
    }


def render_json(findings: Sequence[Finding]) -> str:
    """Return the JSON text, indented."""
    return json.dumps(findings_as_json(findings), indent=2, ensure_ascii=False)
