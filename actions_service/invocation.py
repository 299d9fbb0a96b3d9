"""From the bytes of a body to the bytes of an answer: plain functions that a worker thread runs."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from actions_service.action import Action, Resources
from actions_service.failures import Failure, RequestError
from actions_service.validation import validate_input

MAXIMUM_DEPTH = 100
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(body: bytes) -> object:
    """Return the JSON value of a body.

    Raises:
        RequestError: The body is not UTF-8, not JSON, nested deeper than MAXIMUM_DEPTH, or holds a number or a
            text that could not be written back (NaN, infinities, unpaired surrogates).
    """
    try:
        value: object = json.loads(body.decode("utf-8-sig"), parse_float=_finite, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _unreadable(f"the body is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise _unreadable(f"the body is not JSON: {error.msg} ({at})") from None
    except RecursionError:
        raise _unreadable(f"the body is nested deeper than {MAXIMUM_DEPTH} levels") from None
    except ValueError as error:
        raise _unreadable(f"the body holds a number that cannot be read: {error}") from None
    if _is_deeper_than(value, MAXIMUM_DEPTH):
        raise _unreadable(f"the body is nested deeper than {MAXIMUM_DEPTH} levels")
    if _SURROGATE_ESCAPE.search(body):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _unreadable("the body holds half of a surrogate pair") from None
    return value


def invoke(action: Action, arguments: object, resources: Resources) -> dict[str, Any]:
    """Return the output of an action for an input of any shape.

    Raises:
        NeuroScaleError: The input breaks the schema, or the handler refuses it.
    """
    return action.handler(validate_input(action.validator, arguments), resources)


def answer_plain(action: Action, body: bytes, resources: Resources) -> bytes:
    """Answer a bare input with the bare output."""
    return encode(invoke(action, parse_json(body), resources))


def answer_backstage_v1(action: Action, body: bytes, resources: Resources) -> bytes:
    """Answer a bare input with the output in Backstage's envelope."""
    return encode({"output": invoke(action, parse_json(body), resources)})


def answer_backstage_v2(action: Action, body: bytes, resources: Resources) -> bytes:
    """Answer an input in Backstage's second envelope; no action takes secrets."""
    envelope = parse_json(body)
    if not isinstance(envelope, Mapping) or "input" not in envelope:
        raise RequestError(
            Failure.INVALID, "is required", field="input", fix='the body is {"input": ..., "secrets": ...}'
        )
    if envelope.get("secrets"):
        raise RequestError(
            Failure.BAD_REQUEST, f'Action "{action.identifier}" does not accept secrets', field="secrets"
        )
    return encode({"output": invoke(action, envelope["input"], resources)})


def encode(value: object) -> bytes:
    """Write an answer; a number that JSON does not have would be a bug and raises ValueError."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def _unreadable(message: str) -> RequestError:
    return RequestError(Failure.BAD_REQUEST, message, field="body", fix="send one JSON object encoded as UTF-8")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is out of range")
    return number


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _is_deeper_than(value: object, levels: int) -> bool:
    """Walk level by level, so that no depth of nesting can exhaust the stack."""
    level = [value]
    for _ in range(levels + 1):
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(child for child in item.values() if isinstance(child, dict | list))
            elif isinstance(item, list):
                inner.extend(child for child in item if isinstance(child, dict | list))
        if not inner:
            return False
        level = inner
    return True
