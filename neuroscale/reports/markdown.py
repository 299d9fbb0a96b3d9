"""Findings as Markdown: a pull-request comment, and the output page of a Backstage task."""

from collections.abc import Sequence
from itertools import groupby

from neuroscale.reports.beside import NOTHING, Beside, exception_sentences
from neuroscale.reports.summary import count_by_severity, summary_sentence
from neuroscale.reports.text import object_title
from neuroscale.rules.finding import Finding, Severity

_WORDS = {Severity.DENY: "Denied", Severity.WARN: "Warning", Severity.INFO: "Note"}


def render_markdown(findings: Sequence[Finding], beside: Beside = NOTHING) -> str:
    """Return a heading with the summary and one list per object; a single sentence when nothing was found."""
    if findings:
        parts = [f"**{summary_sentence(count_by_severity(findings)).capitalize()}.**"]
    elif beside.exceptions is not None and beside.exceptions.used:
        parts = ["**No findings** beside those that are excepted."]
    else:
        parts = ["**No findings.** The deployment obeys every rule that could be judged."]
    for title, group in groupby(findings, key=lambda finding: object_title(finding.manifest)):
        parts.append(f"### {plain(title)}")
        parts.extend(_item(finding) for finding in group)
    if beside.exceptions is not None and not beside.exceptions.is_empty:
        parts.append("### Exceptions")
        parts.append("\n".join(f"- {plain(line)}" for line in exception_sentences(beside.exceptions)))
    return "\n\n".join(parts) + "\n"


def _item(finding: Finding) -> str:
    head = f"- **{_WORDS[finding.severity]}** [{finding.rule} {finding.name}]({finding.documentation})"
    lines = [f"{head} at {code(finding.field)}  ", f"  {plain(finding.message)}"]
    if finding.fix:
        lines[-1] += "  "
        lines.append(f"  *Fix:* {plain(finding.fix)}")
    return "\n".join(lines)


def code(text: str) -> str:
    """Return text as a code span, which nothing in it can end."""
    return f"`{text.replace('`', '')}`"


def plain(text: str) -> str:
    """Return text that Markdown shows as it is: a manifest's author must not be able to inject markup."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text
