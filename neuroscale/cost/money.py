"""Money in hundredths: sums that are divided so that the parts are the sum again."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def hundredths(amount: Decimal) -> int:
    """Return an amount in hundredths of its currency, rounded half to even."""
    # As a fraction, since decimals of more digits than their context has cannot be rounded.
    return round(Fraction(amount) * 100)


def amount_of(parts: int) -> Decimal:
    """Return hundredths of a currency as an amount with two decimals."""
    return Decimal(parts).scaleb(-2)


def divide(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Divide a whole number in proportion to weights; the parts sum up to it exactly.

    Every part is rounded down first; what is left goes one by one to the largest remainders (of equal ones, to the
    first), so that no part is off by a whole unit.

    Raises:
        ValueError: A weight is negative, or all are zero.
    """
    whole = sum(weights, Fraction(0))
    if whole <= 0 or any(weight < 0 for weight in weights):
        message = "the weights must not be negative, and one must be above zero"
        raise ValueError(message)
    exact = [total * weight / whole for weight in weights]
    parts = [part.numerator // part.denominator for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
