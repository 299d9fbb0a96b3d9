"""A query string as the input of an action: the words of a form, typed as the action's schema says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Query = Sequence[tuple[str, str]]

# What a form can ask for; objects, such as a configuration, are for callers that send JSON.
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def form_fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and schema of the properties that a form can ask for."""
    for name, fact in schema.get("properties", {}).items():
        if fact.get("type") in _SCALARS or (fact.get("type") == "array" and "enum" in fact.get("items", {})):
            yield name, fact


def arguments_of_query(query: Query, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input that a query string stands for.

    What is left empty is left out. A parameter of a list may come several times. A word that is not of its
    property's type stays as it is, so that the schema's validation names it; so does an unknown parameter.
    """
    properties = dict(form_fields(schema))
    arguments: dict[str, Any] = {}
    for name, words in query:
        text = words.strip()
        if not text:
            continue
        kind = properties.get(name, {}).get("type")
        if kind == "array":
            arguments.setdefault(name, []).append(text)
        else:
            arguments[name] = _typed(text, kind)
    return arguments


def _typed(text: str, kind: str | None) -> object:
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind in {"integer", "number"}:
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            return text
    return text
