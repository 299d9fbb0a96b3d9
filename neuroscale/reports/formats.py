"""The report formats by name."""

from collections.abc import Mapping

from neuroscale.reports.beside import FindingFormat
from neuroscale.reports.github import render_github
from neuroscale.reports.json_report import render_json
from neuroscale.reports.junit import render_junit
from neuroscale.reports.markdown import render_markdown
from neuroscale.reports.sarif import render_sarif
from neuroscale.reports.text import render_text

FINDING_FORMATS: Mapping[str, FindingFormat] = {
    "text": render_text,
    "json": render_json,
    "markdown": render_markdown,
    "sarif": render_sarif,
    "junit": render_junit,
    "github": render_github,
}
