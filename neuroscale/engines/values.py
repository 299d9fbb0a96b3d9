"""The number spellings that engines' command lines accept."""

import math
import re
from decimal import Decimal

_HUMAN_READABLE = re.compile(r"(\d+(?:\.\d+)?)([kKmMgGtT])")
_SUFFIXED = re.compile(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)")
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}


def read_integer(text: str) -> int | None:
    """Return a plain integer as the engine's `int()` reads it, None when it does not."""
    try:
        return int(text)
    except ValueError:
        return None


def read_fraction(text: str) -> float | None:
    """Return a number as the engine's `float()` reads it, None when it does not."""
    try:
        return float(text)
    except ValueError:
        return None


def read_human_readable_integer(text: str) -> int | None:
    """Return an integer with an optional magnitude: `1k` is 1000, `1K` is 1024, `25.6k` is 25600.

    Decimals are refused with the binary (upper case) magnitudes. None when the engine would refuse the text.
    Source: vLLM 0.10.2 to 0.33.0, command-line reference of `--max-model-len`.
    """
    stripped = text.strip()
    match = _HUMAN_READABLE.fullmatch(stripped)
    if match is None:
        return read_integer(stripped)
    number, magnitude = match.groups()
    power = _POWERS[magnitude.lower()]
    if magnitude.islower():
        scaled = float(number) * 1000**power
        return int(scaled) if math.isfinite(scaled) else None
    whole = read_integer(number)
    return None if whole is None else whole * 1024**power


def read_suffixed_integer(text: str) -> int | None:
    """Return an integer with an optional SI or IEC suffix: `1k` is 1000, `1Ki` is 1024; None when it is refused.

    Unlike vLLM's magnitudes these keep the case of the standards (`1K` and `1m` are refused), and decimals go with
    SI suffixes only. Source: SGLang 0.5.10.post1 to 0.5.23, `human_readable_int`.
    """
    stripped = text.strip()
    match = _SUFFIXED.fullmatch(stripped)
    if match is None:
        return read_integer(stripped)
    number, suffix = match.groups()
    power = _POWERS[suffix[0].lower()]
    if suffix.endswith("i"):
        whole = read_integer(number)
        return None if whole is None else whole * 1024**power
    try:
        return int(Decimal(number) * 1000**power)
    except (ArithmeticError, ValueError):
        return None
