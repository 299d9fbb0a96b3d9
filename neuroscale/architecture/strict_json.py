"""JSON objects from untrusted text: no duplicate names, no NaN, no unbounded nesting."""

import json
from collections import Counter
from typing import Any

MAXIMUM_DEPTH = 32
MAXIMUM_DIGITS = 100


def parse_object(text: str, *, infinities: bool = False) -> dict[str, Any]:
    """Parse a JSON object.

    Args:
        text: The JSON text.
        infinities: Whether NaN and infinities pass; Python writes them, and published configurations hold some.

    Raises:
        ValueError: The text is no JSON object, repeats a name, holds NaN or an infinity, or is nested too deeply;
            the message says which, without repeating the text.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_constant=float if infinities else _refuse_constant,
        )
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except json.JSONDecodeError as problem:
        raise ValueError(f"not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - the text is wrong, not the caller's type
    check_structure(value)
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


def _integer(digits: str) -> int:
    if len(digits) > MAXIMUM_DIGITS:
        raise ValueError(f"a number has more than {MAXIMUM_DIGITS} digits")
    return int(digits)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
