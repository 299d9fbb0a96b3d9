"""Findings as GitHub workflow commands, which GitHub shows as annotations on the changed lines."""

from collections.abc import Sequence

from neuroscale.reports.beside import NOTHING, Beside, exception_sentences
from neuroscale.reports.text import object_title
from neuroscale.rules.finding import Finding, Severity

_COMMANDS = {Severity.DENY: "error", Severity.WARN: "warning", Severity.INFO: "notice"}


def render_github(findings: Sequence[Finding], beside: Beside = NOTHING) -> str:
    """Return one workflow command per finding and per exception; the empty text when there is none."""
    exceptions = exception_sentences(beside.exceptions) if beside.exceptions is not None else []
    notices = [f"::notice title=Exception::{_escape(line)}" for line in exceptions]
    return "\n".join([*(_command(finding) for finding in findings), *notices])


def _command(finding: Finding) -> str:
    properties = {"title": f"{finding.rule} {finding.name}"}
    source = finding.manifest.source
    if source is not None:
        properties["file"] = source.file
        position = source.position(finding.path)
        if position is not None:
            properties |= {"line": str(position.line), "col": str(position.column)}
    written = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    text = f"{finding.message} Fix: {finding.fix}" if finding.fix else finding.message
    if source is None:
        # Without a file only the text can say which object it is about.
        text = f"{object_title(finding.manifest)} {finding.field}: {text}"
    return f"::{_COMMANDS[finding.severity]} {written}::{_escape(text)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
