"""The reference as one HTML page, made from the same schemas; it loads nothing and runs no script."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from actions_service.action import Action
from actions_service.actions import ACTIONS
from actions_service.failures import FAILURE_MEANINGS
from actions_service.version import VERSION

_LIMITS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} entries"),
    ("maxItems", "at most {} entries"),
    ("pattern", "matches {}"),
    ("default", "default {}"),
)


def reference_page() -> str:
    """Return the page."""
    style = files("actions_service").joinpath("reference_page.css").read_text(encoding="utf-8")
    links = "".join(f'<li><a href="#{name}">{escape(action.title)}</a></li>' for name, action in ACTIONS.items())
    sections = "".join(_action_section(action) for action in ACTIONS.values())
    first = next(iter(ACTIONS.values()))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NeuroScale actions</title>
<style>{style}</style>
</head>
<body>
<nav aria-label="Contents">
<div class="product">NeuroScale</div>
<div class="version">actions {escape(VERSION)}</div>
<h2>Start</h2>
<ul><li><a href="#calling">Calling an action</a></li><li><a href="#errors">Errors</a></li>
<li><a href="#backstage">Backstage</a></li></ul>
<h2>Actions</h2>
<ul>{links}</ul>
<h2>Pages</h2>
<ul><li><a href="/plan">Plan an endpoint</a></li></ul>
<h2>Machine-readable</h2>
<ul><li><a href="/openapi.json">OpenAPI document</a></li><li><a href="/v1/actions">List of actions</a></li></ul>
</nav>
<main>
<h1>Actions</h1>
<p class="lead">Plan, render and check endpoints of large language models on Kubernetes, with the model's
architecture in view. Every action takes one JSON object and answers one JSON object.</p>
<h2 id="calling">Calling an action</h2>
<p>Send the input as <code>application/json</code>; the answer is the output itself. A body holds at most 8 MiB.
Where the service is set up with tokens, send one as <code>Authorization: Bearer …</code>.</p>
{_curl(first)}
<h2 id="errors">Errors</h2>
<p>An error names the field, what is wrong and what to write instead. Its short form is also the reason phrase of
the HTTP answer. The request id is in the service's log; send your own as <code>X-Request-Id</code>.</p>
{_code_block(_ERROR_EXAMPLE)}
{_error_table()}
<h2 id="backstage">Backstage</h2>
<p>A portal calls the same actions as template steps, <code>action: neuroscale:{escape(first.name)}</code>, after
two entries in its configuration:</p>
{_block(_APP_CONFIG)}
{sections}
<footer>This page and the <a href="/openapi.json">OpenAPI document</a> are made from the schemas that the service
validates with.</footer>
</main>
</body>
</html>
"""


_ERROR_EXAMPLE: Mapping[str, Any] = {
    "error": {
        "name": "InputError",
        "message": "unknown field",
        "field": "modle",
        "fix": "did you mean model?",
        "requestId": "5f0c6a7e9b9d4f0d8f6a0c55f7a2b1c3",
    }
}

_APP_CONFIG = """\
backend:
  actions:
    pluginSources: [neuroscale]
discovery:
  endpoints:
    - target: http://neuroscale-actions.neuroscale.svc:8080/api/{{pluginId}}
      plugins: [neuroscale]
"""


def _action_section(action: Action) -> str:
    attributes = [
        name
        for name, holds in (
            ("read-only", action.attributes.read_only),
            ("idempotent", action.attributes.idempotent),
            ("destructive", action.attributes.destructive),
        )
        if holds
    ]
    tags = "".join(f'<span class="tag">{name}</span>' for name in attributes)
    examples = "".join(
        f"<details><summary>{escape(example.title)}</summary>{_code_block(example.arguments)}</details>"
        for example in action.examples
    )
    return f"""<section aria-labelledby="{action.name}">
<h2 id="{action.name}">{escape(action.title)}</h2>
<div class="route"><span class="method">POST</span><code>/v1/actions/{action.name}</code>
<code>{action.identifier}</code>{tags}</div>
<p>{escape(action.description)}</p>
<h3>Input</h3>
{_table(action.input_schema)}
<h3>Output</h3>
{_table(action.output_schema)}
<h3>Examples of input</h3>
{examples}
</section>
"""


def _table(schema: Mapping[str, Any]) -> str:
    rows = "".join(_rows(schema, 0))
    head = '<tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr>'
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _rows(schema: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Yield a row for each property, those of nested objects and of the objects in lists below it."""
    required = set(schema.get("required", ()))
    for name, fact in schema.get("properties", {}).items():
        # In an output nearly everything is required, so only inputs, which do not require all, are marked.
        is_marked = name in required and required != set(schema["properties"])
        mark = ' <span class="required">required</span>' if is_marked else ""
        limits = ", ".join(
            words.format(json.dumps(fact[key]) if key == "default" else fact[key])
            for key, words in _LIMITS
            if key in fact
        )
        if "enum" in fact:
            limits = ", ".join(filter(None, [f"one of {', '.join(map(str, fact['enum']))}", limits]))
        shown = f'<span class="limits">{escape(limits)}</span>' if limits else ""
        yield (
            f'<tr><td><span class="depth-{min(depth, 4)}"><code>{escape(name)}</code></span>{mark}</td>'
            f"<td>{escape(_type(fact))}</td><td>{escape(fact.get('description', ''))}{shown}</td></tr>"
        )
        yield from _rows(fact, depth + 1)
        if isinstance(fact.get("items"), Mapping):
            yield from _rows(fact["items"], depth + 1)


def _type(schema: Mapping[str, Any]) -> str:
    declared = schema.get("type", "any")
    names = [declared] if isinstance(declared, str) else list(declared)
    if "array" in names and isinstance(schema.get("items"), Mapping):
        names[names.index("array")] = f"list of {_type(schema['items'])}"
    return " or ".join(names)


def _error_table() -> str:
    rows = "".join(
        f"<tr><td><code>{failure.status}</code></td><td>{escape(failure.error_name)}</td><td>{escape(text)}</td></tr>"
        for failure, text in FAILURE_MEANINGS.items()
    )
    head = '<tr><th scope="col">Status</th><th scope="col">Name</th><th scope="col">Meaning</th></tr>'
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _curl(action: Action) -> str:
    body = json.dumps(action.examples[0].arguments)
    return _block(
        f"curl -s http://127.0.0.1:8080/v1/actions/{action.name} \\\n"
        f"  -H 'content-type: application/json' \\\n  -d '{body}'"
    )


def _code_block(value: object) -> str:
    return _block(json.dumps(value, indent=2, ensure_ascii=False))


def _block(text: str) -> str:
    return f"<pre><code>{escape(text)}</code></pre>"
