"""The file in which the platform writes its decisions, and every way in which it can be wrong.

It is read as YAML by itself, or out of the ConfigMap that the services mount, so that one file serves the check of
a pull request and the cluster.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match

from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.object import format_field_path
from neuroscale.manifests.platform_file import read_platform_document
from neuroscale.rules.exceptions import RuleException
from neuroscale.rules.finding import Severity
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.registry import all_rules
from neuroscale.rules.severities import Level, Surface
from neuroscale.suggestions import closest_names

CONFIG_MAP_KEY = "rule-policy.yaml"
# The API server takes no larger ConfigMap.
_LARGEST_FILE_BYTES = 1024 * 1024
_CANNOT_JUDGE = "NS001"
_HEAD = "begin it with apiVersion: neuroscale.dev/v1alpha1 and kind: RulePolicy"


def policy_content(file: Path) -> bytes:
    """Return what is in a policy's file, to be compared with what was in it before.

    Raises:
        UnreadableInputError: It cannot be read, or is larger than a ConfigMap can be.
    """
    try:
        if file.stat().st_size > _LARGEST_FILE_BYTES:
            raise UnreadableInputError("larger than 1 MiB", field=str(file))
        return file.read_bytes()
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}", field=str(file)) from error


def policy_of_content(content: bytes, file: Path) -> RulePolicy:
    """Return the policy that a file's content states.

    Raises:
        UnreadableInputError: It is not UTF-8 text, not YAML, or not one document.
        InvalidInputError: A field of it is wrong.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableInputError("cannot be read: it is not UTF-8 text", field=str(file)) from error
    return read_rule_policy(text, str(file))


def read_rule_policy(text: str, file: str) -> RulePolicy:
    """Read the platform's decisions from YAML.

    Args:
        text: One document: a RulePolicy, or a ConfigMap with one under the key `rule-policy.yaml`.
        file: Its name, for messages.

    Raises:
        UnreadableInputError: The text is not YAML, or not one document.
        InvalidInputError: A field is unknown or wrong; names it and says what to write.
    """
    document, file = read_platform_document(text, file, what="policy", key=CONFIG_MAP_KEY, head=_HEAD)
    document = _with_words(document)
    violation = best_match(_validator().iter_errors(document), key=_relevance)
    if violation is not None:
        raise _explained(violation, file)
    return RulePolicy(
        severities=dict(_severities(document.get("severities") or {}, file)),
        exceptions=tuple(_exceptions(document.get("exceptions") or [], file)),
    )


@cache
def _validator() -> Draft7Validator:
    schema = json.loads((files("neuroscale.rules") / "data" / "rule_policy.schema.json").read_text("utf-8"))
    return Draft7Validator(schema)


def _with_words(document: Any) -> Any:
    """Return the document with `off` as the word: YAML as Kubernetes reads it makes a boolean of it."""

    def word(level: Any) -> Any:
        return "off" if level is False else level

    severities = document.get("severities") if isinstance(document, dict) else None
    if not isinstance(severities, dict):
        return document
    return document | {
        "severities": {
            rule: {surface: word(each) for surface, each in level.items()}
            if isinstance(level, dict)
            else word(level)
            for rule, level in severities.items()
        }
    }


def _severities(
    written: Mapping[str, Level | Mapping[str, Level]], file: str
) -> Iterator[tuple[tuple[str, Surface], Level]]:
    for rule, level in written.items():
        _check_rule(rule, f"{file}: severities.{rule}")
        levels = level if isinstance(level, Mapping) else dict.fromkeys(Surface, level)
        for surface, each in levels.items():
            if rule == _CANNOT_JUDGE and each == Severity.DENY:
                raise InvalidInputError(
                    f"{_CANNOT_JUDGE} cannot deny: what could not be judged is not known to be wrong",
                    field=f"{file}: severities.{rule}",
                    fix="write warn, info or off",
                )
            yield (rule, Surface(surface)), "off" if each == "off" else Severity(each)


def _exceptions(written: list[Mapping[str, str]], file: str) -> Iterator[RuleException]:
    for index, entry in enumerate(written):
        place = f"{file}: exceptions[{index}]"
        _check_rule(entry["rule"], f"{place}.rule")
        for field in ("reason", "owner"):
            if not entry[field].strip():
                raise InvalidInputError("must not be blank", field=f"{place}.{field}")
        try:
            expires = date.fromisoformat(entry["expires"])
        except ValueError as error:
            raise InvalidInputError(
                f"{entry['expires']!r} is no day of the calendar",
                field=f"{place}.expires",
                fix="write the last day on which it holds, such as 2027-06-30",
            ) from error
        yield RuleException(
            rule=entry["rule"],
            kind=entry.get("kind", ""),
            namespace=entry.get("namespace", ""),
            name=entry.get("name", ""),
            reason=entry["reason"].strip(),
            owner=entry["owner"].strip(),
            expires=expires,
        )


def _check_rule(identifier: str, field: str) -> None:
    rules = {rule.identifier: rule.name for rule in all_rules()}
    if identifier in rules:
        return
    by_name = next((each for each, name in rules.items() if name == identifier), None)
    near = [by_name] if by_name else closest_names(identifier, list(rules), 3)
    raise InvalidInputError(
        f"{identifier[:60]!r} is not a rule's id",
        field=field[:200],
        fix=f"did you mean {' or '.join(near)}?" if near else "run `neuroscale rules` to list them",
    )


def _relevance(violation: ValidationError) -> tuple[int, int]:
    """Rank what a document is above what its fields are, and a misspelt field above one that is missing for it."""
    return (
        -len(violation.path),
        {"const": 3, "additionalProperties": 2, "required": 1}.get(str(violation.validator), 0),
    )


def _explained(violation: ValidationError, file: str) -> InvalidInputError:
    path = format_field_path(tuple(violation.absolute_path))
    place = f"{file}: {path}" if path else file
    value: Any = violation.instance
    schema: Mapping[str, Any] = violation.schema if isinstance(violation.schema, dict) else {}
    match violation.validator:
        case "required" if not path:
            return InvalidInputError("is not a RulePolicy", field=place, fix=_HEAD)
        case "required" | "anyOf" if isinstance(value, dict) and "namespace" not in value and "name" not in value:
            return InvalidInputError(
                "names neither a namespace nor a name",
                field=place,
                fix="name the objects; to loosen a rule for all of them, set its severity",
            )
        case "required":
            missing = next(name for name in schema["required"] if name not in value)
            return InvalidInputError("is required", field=f"{place}.{missing}", fix=_meaning(schema, missing))
        case "additionalProperties":
            known = list(schema.get("properties", {}))
            unknown = next(name for name in value if name not in known)
            near = closest_names(unknown, known, 1)
            fix = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(known)}"
            return InvalidInputError(
                "unknown field", field=f"{place}.{unknown[:60]}" if path else f"{place}: {unknown[:60]}", fix=fix
            )
        case "const":
            return InvalidInputError(f"must be {violation.validator_value}", field=place, fix=_HEAD)
        case "enum":
            return InvalidInputError(
                f"{_shown(value)} is no severity",
                field=place,
                fix="write off, info, warn or deny; or one of them by surface (cli, action, webhook, audit)",
            )
        case "minProperties":
            return InvalidInputError("names no surface", field=place, fix="name cli, action, webhook or audit")
        case "pattern":
            return InvalidInputError(
                f"{_shown(value)} is not what belongs here", field=place, fix=f"write {schema.get('description')}"
            )
        case _:
            types = violation.validator_value
            wanted = types[0] if isinstance(types, list) else types
            names = {"object": "a mapping", "array": "a list", "string": "a string"}
            return InvalidInputError(f"must be {names.get(str(wanted), wanted)}, not {_shown(value)}", field=place)


def _meaning(schema: Mapping[str, Any], field: str) -> str | None:
    meaning = schema.get("properties", {}).get(field, {}).get("description")
    return f"write {meaning}" if meaning else None


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)[:60]
