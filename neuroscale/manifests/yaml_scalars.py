"""What a YAML scalar means to Kubernetes.

Kubernetes reads YAML through sigs.k8s.io/yaml, that is with the YAML 1.1 rules of go-yaml v2, and then as JSON:
`on`, `yes` and `y` are booleans, `017` and `0o17` are fifteen, `1_000` is a thousand, `12:30` and dates are
strings, and a float without a fraction becomes an integer.
"""

import math
import re

BOOLEANS = {
    word: value
    for value, words in {
        True: "y Y yes Yes YES true True TRUE on On ON",
        False: "n N no No NO false False FALSE off Off OFF",
    }.items()
    for word in words.split()
}
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
NOT_FINITE = frozenset(
    sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN")
)
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hexadecimal>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)"
    r"|0[oO]?(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))"
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LARGEST_UNSIGNED = 2**64 - 1
_SMALLEST_SIGNED = -(2**63)
_MAXIMUM_NUMBER_CHARACTERS = 400


class ScalarError(ValueError):
    """A scalar that cannot be written as JSON, so that no API server would take it."""


def resolve_plain_scalar(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted scalar.

    Raises:
        ScalarError: An infinity or a value that is not a number, which JSON cannot hold.
    """
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if text in NOT_FINITE:
        message = f"{text} cannot be written as JSON"
        raise ScalarError(message)
    if text[0] not in "+-.0123456789" or len(text) > _MAXIMUM_NUMBER_CHARACTERS:
        return text
    return _number(text)


def key_text(value: object) -> str | None:
    """Return the JSON key for a mapping key, None for a key that has none (null, a mapping, a sequence)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return f"{value:g}" if isinstance(value, float) else None


def json_number(number: float) -> int | float:
    """Return a number as the API server holds it after JSON: whole and within 64 bits is an integer.

    Raises:
        ScalarError: The number is out of range.
    """
    if not math.isfinite(number):
        message = "a number is out of range"
        raise ScalarError(message)
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def _number(text: str) -> str | int | float:
    digits = text if text.startswith(".") else text.replace("_", "")
    match = _INTEGER.fullmatch(digits)
    if match is not None:
        integer = _integer(match)
        if _SMALLEST_SIGNED <= integer <= _LARGEST_UNSIGNED:
            return integer
    if _FLOAT.fullmatch(digits) is None:
        return text
    number = float(digits)
    return json_number(number) if math.isfinite(number) else text


def _integer(match: re.Match[str]) -> int:
    base = {"hexadecimal": 16, "binary": 2, "octal": 8, "decimal": 10}[match.lastgroup or "decimal"]
    magnitude = int(match[match.lastgroup or "decimal"], base)
    return -magnitude if match["sign"] == "-" else magnitude
