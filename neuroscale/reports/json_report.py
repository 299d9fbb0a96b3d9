"""Findings as JSON: the public form of `check`, of the actions and of every machine reader."""

import json
from collections.abc import Sequence

from neuroscale.reports.beside import NOTHING, Beside, exceptions_as_json
from neuroscale.reports.summary import count_by_severity
from neuroscale.rules.finding import Finding, finding_as_json


def findings_as_json(findings: Sequence[Finding], beside: Beside = NOTHING) -> dict[str, object]:
    """Return {"findings": [...], "summary": {"deny": n, "warn": n, "info": n}}, and "exceptions" under a policy."""
    report: dict[str, object] = {
        "findings": [finding_as_json(finding) for finding in findings],
        "summary": count_by_severity(findings),
    }
    if beside.exceptions is not None:
        report["exceptions"] = exceptions_as_json(beside.exceptions)
    return report


def render_json(findings: Sequence[Finding], beside: Beside = NOTHING) -> str:
    """Return the JSON text, indented."""
    return json.dumps(findings_as_json(findings, beside), indent=2, ensure_ascii=False)
