"""Label selectors as the one line kubectl prints."""

from neuroscale.manifests.fields import Field


def selector_text(at: Field) -> str:
    """Return a label selector as text, e.g. "app=mixtral,tier in (a, b)"; "" when absent."""
    parts = [f"{label}={value.text() or ''}" for label, value in at["matchLabels"].items()]
    for expression in at["matchExpressions"].elements():
        values = ", ".join(text for text, _ in expression["values"].texts())
        operator = (expression["operator"].text() or "").lower()
        parts.append(f"{expression['key'].text() or ''} {operator}" + (f" ({values})" if values else ""))
    return ",".join(parts)
