"""Findings as JUnit XML, for CI systems that show test results."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from neuroscale.reports.text import object_title
from neuroscale.rules.finding import Finding, Severity

_NO_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(findings: Sequence[Finding]) -> str:
    """Return one test suite: a denial is a failed case, anything milder a passed case with its text as output."""
    denials = sum(finding.severity is Severity.DENY for finding in findings)
    suite = ET.Element("testsuite", name="neuroscale", tests=str(len(findings)), failures=str(denials))
    for finding in findings:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_xml_text(object_title(finding.manifest)),
            name=_xml_text(f"{finding.rule} {finding.field}"),
        )
        text = f"{finding.message} Fix: {finding.fix}" if finding.fix else finding.message
        if finding.severity is Severity.DENY:
            failure = ET.SubElement(case, "failure", message=_xml_text(finding.message), type=finding.rule)
            failure.text = _xml_text(text)
        else:
            ET.SubElement(case, "system-out").text = _xml_text(f"{finding.severity.value}: {text}")
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _xml_text(text: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold (section 2.2, production Char)."""
    return _NO_XML_CHARACTER.sub("", text)
