"""Findings as SARIF 2.1.0, for code scanning."""

import json
from collections.abc import Sequence
from itertools import chain
from urllib.parse import quote

from neuroscale.fixing.repair import repaired_text
from neuroscale.reports.beside import NOTHING, Beside, exception_title
from neuroscale.reports.text import object_title
from neuroscale.rules.documentation import rule_summary
from neuroscale.rules.exceptions import RuleException
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.registry import all_rules

_LEVELS = {Severity.DENY: "error", Severity.WARN: "warning", Severity.INFO: "note"}
# Each repair is proved by reading its file again; in a larger file `--fix` does it once for all of them.
_LARGEST_TEXT_WITH_REPAIRS = 256 * 1024


def render_sarif(findings: Sequence[Finding], beside: Beside = NOTHING) -> str:
    """Return a SARIF log with one run; its rule table holds the rules that found something.

    What an exception sets aside is a result with a suppression; a certain repair is a fix of its result.
    """
    used = beside.exceptions.used if beside.exceptions is not None else ()
    excepted = [(finding, use.exception) for use in used for finding in use.findings]
    results: list[tuple[Finding, RuleException | None]] = [*((each, None) for each in findings), *excepted]
    rules = sorted({finding.rule: finding for finding, _ in results}.items())
    order = {rule: index for index, (rule, _) in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "neuroscale",
                "informationUri": "https://neuroscale.dev/",
                "rules": [_rule(finding) for _, finding in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, order[finding.rule], exception, beside) for finding, exception in results],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(finding: Finding) -> dict[str, object]:
    described: dict[str, object] = {
        "id": finding.rule,
        "name": finding.name,
        "helpUri": finding.documentation,
    }
    rule = next((each for each in all_rules() if each.identifier == finding.rule), None)
    if rule is not None:
        described["shortDescription"] = {"text": rule_summary(rule)}
        described["help"] = {"text": rule.page.strip(), "markdown": rule.page.strip()}
        described["defaultConfiguration"] = {"level": _LEVELS[rule.severity]}
    return described


def _result(
    finding: Finding, rule_index: int, exception: RuleException | None, beside: Beside
) -> dict[str, object]:
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
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [location],
    }
    if exception is not None:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": exception_title(exception)}
        ]
    fix = _fix(finding, beside)
    if fix is not None:
        result["fixes"] = [fix]
    return result


def _fix(finding: Finding, beside: Beside) -> dict[str, object] | None:
    file = finding.manifest.source.file if finding.manifest.source else "-"
    text = beside.texts.get(file)
    if not finding.patch or text is None or file == "-" or len(text) > _LARGEST_TEXT_WITH_REPAIRS:
        return None
    repaired = repaired_text(text, finding)
    if repaired is None:
        return None
    start = _same_characters(text, repaired)
    same = _same_characters(text[start:][::-1], repaired[start:][::-1])
    end = len(text) - same
    region = dict(
        chain(_position(text, start, "startLine", "startColumn"), _position(text, end, "endLine", "endColumn"))
    )
    replacement = {"deletedRegion": region, "insertedContent": {"text": repaired[start : len(repaired) - same]}}
    return {
        "description": {"text": finding.fix},
        "artifactChanges": [{"artifactLocation": {"uri": quote(file)}, "replacements": [replacement]}],
    }


def _same_characters(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _position(text: str, index: int, line: str, column: str) -> tuple[tuple[str, int], tuple[str, int]]:
    before = text[:index]
    return (line, before.count("\n") + 1), (column, index - (before.rfind("\n") + 1) + 1)
