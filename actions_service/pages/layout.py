"""What all pages share: the frame, the navigation and the way an error is told."""

from html import escape
from importlib.resources import files

from actions_service.failures import Problem
from actions_service.version import VERSION

# Pages load nothing and run no script; forms are sent to the service alone.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LINKS = (("/plan", "Plan an endpoint"), ("/cost", "Who pays"))


def page(title: str, lead: str, content: str) -> str:
    """Return a whole page around its content, which is HTML already."""
    style = "".join(
        files("actions_service").joinpath(name).read_text(encoding="utf-8")
        for name in ("reference_page.css", "pages/pages.css")
    )
    links = "".join(f'<li><a href="{path}">{escape(text)}</a></li>' for path, text in _LINKS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - NeuroScale</title>
<style>{style}</style>
</head>
<body>
<nav aria-label="Pages">
<div class="product">NeuroScale</div>
<div class="version">actions {escape(VERSION)}</div>
<h2>Pages</h2>
<ul>{links}</ul>
<h2>For programs</h2>
<ul><li><a href="/docs">Reference of the actions</a></li><li><a href="/openapi.json">OpenAPI document</a></li></ul>
</nav>
<main>
<h1>{escape(title)}</h1>
<p class="lead">{escape(lead)}</p>
{content}
</main>
</body>
</html>
"""


def problem_section(problem: Problem) -> str:
    """Return what is wrong with what was asked, and what to write instead."""
    field = f"<code>{escape(problem.field_name)}</code>: " if problem.field_name else ""
    fix = f"<p>{escape(problem.fix)}</p>" if problem.fix else ""
    return f'<section class="problem" role="alert"><p>{field}{escape(problem.message)}</p>{fix}</section>'
