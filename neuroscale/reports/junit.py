"""Findings as JUnit XML, for CI systems that show test results."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from neuroscale.reports.beside import NOTHING, Beside, exception_sentences, exception_title
from neuroscale.reports.text import object_title
from neuroscale.rules.finding import Finding, Severity

_NO_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(findings: Sequence[Finding], beside: Beside = NOTHING) -> str:
    """Return one test suite: a denial is a failed case, anything milder a passed case with its text as output.

    What an exception sets aside is a skipped case.
    """
    used = beside.exceptions.used if beside.exceptions is not None else ()
    skipped = [(finding, use.exception) for use in used for finding in use.findings]
    denials = sum(finding.severity is Severity.DENY for finding in findings)
    count = len(findings) + len(skipped)
    suite = ET.Element("testsuite", name="neuroscale", tests=str(count), failures=str(denials))
    if skipped:
        suite.set("skipped", str(len(skipped)))
    for finding in findings:
        case = _case(suite, finding)
        text = f"{finding.message} Fix: {finding.fix}" if finding.fix else finding.message
        if finding.severity is Severity.DENY:
            failure = ET.SubElement(case, "failure", message=_xml_text(finding.message), type=finding.rule)
            failure.text = _xml_text(text)
        else:
            ET.SubElement(case, "system-out").text = _xml_text(f"{finding.severity.value}: {text}")
    for finding, exception in skipped:
        ET.SubElement(_case(suite, finding), "skipped", message=_xml_text(exception_title(exception)))
    if beside.exceptions is not None and not beside.exceptions.is_empty:
        lines = "\n".join(exception_sentences(beside.exceptions))
        ET.SubElement(suite, "system-out").text = _xml_text(lines)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _case(suite: ET.Element, finding: Finding) -> ET.Element:
    return ET.SubElement(
        suite,
        "testcase",
        classname=_xml_text(object_title(finding.manifest)),
        name=_xml_text(f"{finding.rule} {finding.field}"),
    )


def _xml_text(text: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold (section 2.2, production Char)."""
    return _NO_XML_CHARACTER.sub("", text)
