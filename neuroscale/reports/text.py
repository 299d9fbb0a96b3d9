"""Findings for a terminal: one block each, with the place first so that editors can jump to it."""

import unicodedata
from collections.abc import Sequence

from neuroscale.manifests.object import ManifestObject
from neuroscale.reports.beside import NOTHING, Beside, exception_sentences
from neuroscale.reports.summary import count_by_severity, summary_sentence
from neuroscale.rules.finding import Finding


def render_text(findings: Sequence[Finding], beside: Beside = NOTHING) -> str:
    """Return place, severity, rule, message, fix and documentation of each finding, and a closing summary."""
    blocks = [_block(finding) for finding in findings]
    if beside.exceptions is not None and not beside.exceptions.is_empty:
        lines = ["exceptions:", *(f"  {printable(line)}" for line in exception_sentences(beside.exceptions))]
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, summary_sentence(count_by_severity(findings))])


def object_title(manifest: ManifestObject) -> str:
    """Return "Kind namespace/name" as a person would say it."""
    name = f"{manifest.namespace}/{manifest.name}" if manifest.namespace else manifest.name
    return f"{manifest.kind} {name}"


def _block(finding: Finding) -> str:
    lines = [f"{_place(finding)}{finding.severity.value} {finding.rule} {finding.name}"]
    lines.append(f"  {object_title(finding.manifest)}: {finding.field}")
    lines.append(f"  {finding.message}")
    if finding.fix:
        lines.append(f"  fix: {finding.fix}")
    lines.append(f"  see: {finding.documentation}")
    return "\n".join(printable(line) for line in lines)


def printable(line: str) -> str:
    """Return the line with every control character spelt out: a manifest's author does not steer the terminal."""
    return "".join(
        repr(character)[1:-1] if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character
        for character in line
    )


def _place(finding: Finding) -> str:
    source = finding.manifest.source
    if source is None:
        return ""
    position = source.position(finding.path)
    return f"{source.file}:{position.line}:{position.column}: " if position else f"{source.file}: "
