"""How many findings of each severity."""

from collections.abc import Iterable

from neuroscale.rules.finding import Finding, Severity


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Return the number of findings for every severity, zero included, gravest first."""
    counts = {severity.value: 0 for severity in Severity}
    for finding in findings:
        counts[finding.severity.value] += 1
    return counts


def summary_sentence(counts: dict[str, int]) -> str:
    """Return the counts in words: "2 denials, 1 warning"; "no findings" when there is none."""
    words = [
        f"{counts[severity.value]} {singular if counts[severity.value] == 1 else plural}"
        for severity, singular, plural in (
            (Severity.DENY, "denial", "denials"),
            (Severity.WARN, "warning", "warnings"),
            (Severity.INFO, "note", "notes"),
        )
        if counts[severity.value]
    ]
    return ", ".join(words) or "no findings"
