"""JSON objects from untrusted text: no duplicate names, no NaN, no unbounded nesting."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAXIMUM_DEPTH = 32
MAXIMUM_DIGITS = 100


@dataclass(frozen=True, slots=True, eq=False)
class _Refused:
    """Stands for a number that is refused, until the field that holds it is known."""

    problem: str


def parse_object(text: str, *, infinities: bool = False) -> dict[str, Any]:
    """Parse a JSON object.

    Args:
        text: The JSON text.
        infinities: Whether NaN and infinities pass; Python writes them, and published configurations hold some.

    Raises:
        ValueError: The text is no JSON object, repeats a name, holds NaN or an infinity, or is nested too deeply;
            the message says which, without repeating the text.
    """
    refused: list[_Refused] = []

    def integer(digits: str) -> int | _Refused:
        if len(digits) <= MAXIMUM_DIGITS:
            return int(digits)
        refused.append(_Refused(f"a number has more than {MAXIMUM_DIGITS} digits"))
        return refused[-1]

    def constant(name: str) -> float | _Refused:
        if infinities:
            return float(name)
        refused.append(_Refused(f"{name} is not a JSON number"))
        return refused[-1]

    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_int=integer, parse_constant=constant)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except json.JSONDecodeError as problem:
        raise ValueError(f"not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - the text is wrong, not the caller's type
    check_structure(value)
    if refused:
        raise ValueError(f"{refused[0].problem}, at {_path_to(refused[0], value)}")
    return value


def check_structure(value: object) -> None:
    """Raise ValueError for nesting of more than `MAXIMUM_DEPTH` levels and for names that are no text."""
    level = [value]
    for _ in range(MAXIMUM_DEPTH):
        children: list[object] = []
        for item in level:
            if isinstance(item, dict):
                if not all(isinstance(name, str) for name in item):
                    raise ValueError("not a JSON value: a name is no text")
                children.extend(item.values())
            elif isinstance(item, list | tuple):
                children.extend(item)
        if not children:
            return
        level = children
    raise ValueError(f"nested more than {MAXIMUM_DEPTH} levels deep")


def canonical(value: object, *, infinities: bool = False) -> str:
    """Return the one-line text of a JSON value: sorted names, no spaces, ASCII only.

    Args:
        value: The value.
        infinities: Whether NaN and infinities are written as Python writes them.

    Raises:
        ValueError: The value holds something that JSON has no text for.
    """
    check_structure(value)
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=infinities)
    except TypeError as problem:
        raise ValueError(f"not a JSON value: {problem}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        repeated, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the name {repeated[:40]!r} is given twice")
    return names


def _path_to(refused: _Refused, value: object) -> str:
    """Return the dotted path of a number, so that its field can be named; the nesting has been checked."""
    inner: Iterable[tuple[str, object]] = ()
    if isinstance(value, dict):
        inner = ((f".{name[:40]}", item) for name, item in value.items())
    elif isinstance(value, list):
        inner = ((f"[{index}]", item) for index, item in enumerate(value))
    for step, item in inner:
        if item is refused:
            return step.removeprefix(".")
        if below := _path_to(refused, item):
            separator = "" if below.startswith("[") else "."
            return f"{step.removeprefix('.')}{separator}{below}"
    return ""
