"""An input against its schema: of all violations the one to name, in words that say what to write instead."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import format_field_path
from neuroscale.suggestions import closest_names

_QUOTED_LENGTH = 60


def _matches_pattern(
    _: Draft7Validator, pattern: str, instance: object, __: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """Read "$" as JSON Schema does, as the end; to Python's `re` it also matches before a last line break."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError("does not match")


InputValidator: type[Draft7Validator] = extend(  # type: ignore[no-untyped-call]
    Draft7Validator, {"pattern": _matches_pattern}
)

_TYPE_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def validate_input(validator: Draft7Validator, arguments: object) -> Mapping[str, Any]:
    """Return the arguments when they satisfy the schema.

    Raises:
        InvalidInputError: For the most telling violation, with its field, what is wrong and what to write.
    """
    violation = best_match(validator.iter_errors(arguments), key=_relevance)
    if violation is not None:
        raise _explain(violation)
    assert isinstance(arguments, Mapping)  # noqa: S101 - every input schema demands an object
    return arguments


def quote(value: object) -> str:
    """Write a value as JSON would show it, cut to a length that fits an error message."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)[: _QUOTED_LENGTH + 1]
    if len(text) > _QUOTED_LENGTH:
        text = text[: _QUOTED_LENGTH - 3] + "..."
    return f"'{text}'" if isinstance(value, str) else text


def _relevance(violation: ValidationError) -> tuple[int, int]:
    """Rank a misspelt field above the required field that is missing for it, and outer fields above inner ones."""
    return (-len(violation.path), {"additionalProperties": 2, "required": 1}.get(str(violation.validator), 0))


def _explain(violation: ValidationError) -> InvalidInputError:
    path = format_field_path(tuple(violation.absolute_path))
    value: Any = violation.instance
    limit: Any = violation.validator_value
    match violation.validator:
        case "additionalProperties":
            return _unknown_field(violation, path)
        case "required":
            missing = next(name for name in limit if name not in value)
            properties = violation.schema.get("properties", {}) if isinstance(violation.schema, Mapping) else {}
            meaning = properties.get(missing, {}).get("description")
            return InvalidInputError("is required", field=f"{path}.{missing}" if path else missing, fix=meaning)
        case "type":
            expected = " or ".join(_TYPE_NAMES[name] for name in ([limit] if isinstance(limit, str) else limit))
            return InvalidInputError(f"must be {expected}, not {quote(value)}", field=path or "input")
        case "enum":
            choices = [str(choice) for choice in limit]
            near = closest_names(value, choices) if isinstance(value, str) else []
            fix = f"did you mean {', '.join(near)}?" if near else None
            return InvalidInputError(f"{quote(value)} is not one of {', '.join(choices)}", field=path, fix=fix)
        case "minimum" | "exclusiveMinimum":
            at_least = "at least" if violation.validator == "minimum" else "more than"
            return InvalidInputError(f"must be {at_least} {limit}, not {quote(value)}", field=path)
        case "maximum" | "exclusiveMaximum":
            at_most = "at most" if violation.validator == "maximum" else "less than"
            return InvalidInputError(f"must be {at_most} {limit}, not {quote(value)}", field=path)
        case "pattern":
            hint = violation.schema.get("description") if isinstance(violation.schema, Mapping) else None
            return InvalidInputError(
                f"{quote(value)} does not match {limit}", field=path, fix=hint if isinstance(hint, str) else None
            )
        case "minLength" | "minItems" | "minProperties":
            return InvalidInputError(
                "must not be empty" if limit == 1 else f"must have at least {limit} {_unit(value)}", field=path
            )
        case "maxLength" | "maxItems" | "maxProperties":
            return InvalidInputError(
                f"must have at most {limit} {_unit(value)}, not {len(value)}", field=path or "input"
            )
        case "uniqueItems":
            return InvalidInputError("must not name anything twice", field=path)
        case keyword:
            return InvalidInputError(f"does not satisfy '{keyword}' of the input schema", field=path or "input")


def _unknown_field(violation: ValidationError, path: str) -> InvalidInputError:
    given: Any = violation.instance
    known = list(violation.schema.get("properties", {})) if isinstance(violation.schema, Mapping) else []
    unknown = next(name for name in given if name not in known)
    near = closest_names(unknown, known, 1)
    fix = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(known)}"
    shown = unknown if len(unknown) <= _QUOTED_LENGTH else unknown[: _QUOTED_LENGTH - 3] + "..."
    return InvalidInputError("unknown field", field=f"{path}.{shown}" if path else shown, fix=fix)


def _unit(value: object) -> str:
    if isinstance(value, str):
        return "characters"
    return "fields" if isinstance(value, Mapping) else "entries"
