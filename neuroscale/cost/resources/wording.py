"""Amounts and changes as people read them, and names that can do no harm."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

from neuroscale.cost.resources.span import Change, Span

_BYTE_UNITS = (("PiB", 2**50), ("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
_CENT = Decimal("0.01")
# More than the largest quantity times the most replicas times a price has.
_DIGITS = 200
_ESCAPED = "\\`*_[]<>|#~"

# A sentence of ours fits; a name of Kubernetes has at most 253 characters.
_LONGEST_NAME = 400
_ADDRESS = re.compile(r"(?:https?|ftp):|www\.|mailto:|xmpp:", re.IGNORECASE)

_UNBOUNDED = {"base": "-unlimited", "head": "+unlimited", "both": "unlimited as before", "neither": "unknown"}

Shown = Callable[[Fraction], str]


def shown_number(amount: Fraction) -> str:
    """Return a number with at most two decimals and without needless zeros, thousands set apart."""
    rounded = _rounded(amount, _CENT)
    text = f"{rounded:,.2f}".rstrip("0").rstrip(".")
    if rounded == 0 and amount != 0:
        return "under 0.01" if amount > 0 else "over -0.01"
    return "0" if text == "-0" else text


def shown_bytes(amount: Fraction) -> str:
    """Return bytes in the largest binary unit of which there is at least one, up to thousands of GiB."""
    size = abs(amount)
    name, unit = next(((name, unit) for name, unit in _BYTE_UNITS if size >= unit), ("B", 1))
    if name == "TiB" and size < 10 * unit:
        name, unit = "GiB", 2**30
    decimals = Decimal("0.1") if name != "B" else Decimal(1)
    text = f"{_rounded(amount / unit, decimals):,}"
    return f"{text.removesuffix('.0')} {name}"


def shown_money(amount: Fraction) -> str:
    """Return money to the cent, thousands set apart."""
    cents = _rounded(amount, _CENT)
    return "0.00" if cents == 0 else f"{cents:,.2f}"


def money_text(amount: Fraction) -> str:
    """Return money to the cent, as JSON writes it."""
    cents = _rounded(amount, _CENT)
    return "0.00" if cents == 0 else f"{cents:.2f}"


def shown_span(span: Span, shown: Shown, *, is_complete: bool = True) -> str:
    """Return an amount, as a range where it is one; "at least" where something is left out of it."""
    if span.most is None:
        return f"{shown(span.least)} to unlimited"
    least, most = shown(span.least), shown(span.most)
    text = least if least == most else f"{least} to {most}"
    return text if is_complete else f"at least {text}"


def shown_change(change: Change, shown: Shown) -> str:
    """Return a change with its sign, as a range where it is one; "0" when there is none."""
    if change.most is None:
        return f"{_signed(change.least, shown)} to {_UNBOUNDED[change.unbounded]}"
    least, most = _signed(change.least, shown), _signed(change.most, shown)
    return least if least == most else f"{least} to {most}"


def _signed(amount: Fraction, shown: Shown) -> str:
    if amount == 0:
        return "0"
    return f"{'+' if amount > 0 else '-'}{shown(abs(amount))}"


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line: a manifest's author cannot inject markup."""
    visible = printable(text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…")
    for character in _ESCAPED:
        visible = visible.replace(character, f"\\{character}")
    # Somebody who is named in a comment is notified, and an address becomes a link.
    return _ADDRESS.sub(lambda match: f"{match[0][:-1]}\u2060{match[0][-1]}", visible.replace("@", "@\u2060"))


def printable(text: str) -> str:
    """Return the text with every control character spelt out."""
    return "".join(
        repr(character)[1:-1] if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else character
        for character in text
    )


def _rounded(amount: Fraction, step: Decimal) -> Decimal:
    """Return the amount to a step with every digit: floats, and decimals by default, lose those of large ones."""
    with localcontext(prec=_DIGITS):
        return Decimal(round(amount / Fraction(step))) * step
