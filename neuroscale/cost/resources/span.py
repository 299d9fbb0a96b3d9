"""An amount that lies between two figures, such as what an autoscaled workload occupies."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class Span:
    """An amount between the fewest and the most that it can be.

    Attributes:
        least: At the fewest replicas, on the least of the accelerators that are possible.
        most: At the most replicas, on the largest of them; None where nothing bounds it.
    """

    least: Fraction
    most: Fraction | None

    def __add__(self, other: "Span") -> "Span":
        """Return the span of the sum; unbounded where either is."""
        most = None if self.most is None or other.most is None else self.most + other.most
        return Span(self.least + other.least, most)

    def times(self, other: "Span") -> "Span":
        """Return the span of the product of two amounts that are not negative; nothing of anything is nothing."""
        if 0 in (self.most, other.most):
            return NOTHING
        most = None if self.most is None or other.most is None else self.most * other.most
        return Span(self.least * other.least, most)

    @property
    def is_nothing(self) -> bool:
        """Whether it is certainly zero."""
        return self.most == 0

    @property
    def is_fixed(self) -> bool:
        """Whether it is one figure."""
        return self.least == self.most


def fixed(amount: Fraction | Decimal | int) -> Span:
    """Return the span of an amount that is one figure."""
    exact = Fraction(amount)
    return Span(exact, exact)


NOTHING = fixed(0)


@dataclass(frozen=True, slots=True)
class Change:
    """What a change adds to an amount: negative where it frees something.

    Attributes:
        least: Difference of the least amounts.
        most: Difference of the most; None where either is not bounded.
        unbounded: Which of the amounts is not bounded.
    """

    least: Fraction
    most: Fraction | None
    unbounded: Literal["neither", "base", "head", "both"] = "neither"

    @property
    def is_nothing(self) -> bool:
        """Whether the amount certainly stays as it is."""
        return self.least == 0 and self.most == 0


def change_between(base: Span, head: Span) -> Change:
    """Return what lies between two amounts: the least compared with the least, the most with the most."""
    least = head.least - base.least
    if base == head:
        return Change(least, Fraction(0))
    if base.most is None:
        return Change(least, None, "both" if head.most is None else "base")
    return Change(least, None, "head") if head.most is None else Change(least, head.most - base.most)
