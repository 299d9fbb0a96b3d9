"""The form of an action: one control for each property that a person can fill in."""

from collections.abc import Mapping
from html import escape
from typing import Any

from actions_service.pages.query import form_fields


def form_of(schema: Mapping[str, Any], given: Mapping[str, Any], *, path: str, button: str, wrong: str = "") -> str:
    """Return a form that asks for the properties of the schema and sends them as a query.

    Args:
        schema: The action's input schema.
        given: What was filled in already.
        path: Where the form is sent.
        button: What its button says.
        wrong: The field that is wrong, as an error names it.
    """
    controls = "".join(_control(name, fact, given.get(name), name == wrong) for name, fact in form_fields(schema))
    return f'<form method="get" action="{escape(path)}">{controls}<button>{escape(button)}</button></form>'


def _control(name: str, fact: Mapping[str, Any], value: object, is_wrong: bool) -> str:
    invalid = ' aria-invalid="true"' if is_wrong else ""
    hint = f'<small id="{name}-hint">{escape(fact.get("description", ""))}</small>'
    if fact["type"] == "array":
        return _choices(name, fact, value if isinstance(value, list) else [], hint)
    attributes = f'id="{name}" name="{name}" aria-describedby="{name}-hint"{invalid}'
    return f'<label for="{name}">{escape(_title(name, fact))}</label>{_input(attributes, fact, value)}{hint}'


def _input(attributes: str, fact: Mapping[str, Any], value: object) -> str:
    shown = fact.get("default", "") if value is None else value
    if "enum" in fact or fact["type"] == "boolean":
        choices = [str(choice) for choice in fact.get("enum", ("false", "true"))]
        chosen = str(shown).lower() if fact["type"] == "boolean" else str(shown)
        options = "".join(
            f"<option{' selected' if choice == chosen else ''}>{escape(choice)}</option>"
            for choice in ([] if "default" in fact else [""]) + choices
        )
        return f"<select {attributes}>{options}</select>"
    example = fact.get("examples", [""])[0]
    limits = "".join(
        f' {attribute}="{fact[key]}"' for key, attribute in (("minimum", "min"), ("maximum", "max")) if key in fact
    )
    kind = {"integer": 'type="number" step="1"', "number": 'type="number" step="any"'}.get(
        fact["type"], 'type="text"'
    )
    return (
        f'<input {kind} {attributes}{limits} value="{escape(str(shown))}" '
        f'placeholder="{escape(str(example))}" autocomplete="off">'
    )


def _choices(name: str, fact: Mapping[str, Any], chosen: list[object], hint: str) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(choice)}"'
        f"{' checked' if choice in chosen else ''}> {escape(choice)}</label>"
        for choice in fact["items"]["enum"]
    )
    opened = " open" if chosen else ""
    title = escape(_title(name, fact))
    return f'<details{opened}><summary>{title}</summary>{hint}<div class="choices">{boxes}</div></details>'


def _title(name: str, fact: Mapping[str, Any]) -> str:
    return str(fact.get("title", name))
