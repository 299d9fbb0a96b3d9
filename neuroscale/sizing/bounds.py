"""A quantity in bytes that is known between two bounds."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class ByteBounds:
    """An amount of memory between what is certain and what is prudent to expect.

    Attributes:
        optimistic_bytes: A true lower bound: the amount cannot be smaller. Denials rest on it.
        pessimistic_bytes: What to plan for: padding, replication and unquantised parts counted.
    """

    optimistic_bytes: int
    pessimistic_bytes: int

    def __add__(self, other: Self) -> "ByteBounds":
        """Return the bounds of the sum."""
        return ByteBounds(
            self.optimistic_bytes + other.optimistic_bytes, self.pessimistic_bytes + other.pessimistic_bytes
        )


ZERO_BYTES = ByteBounds(0, 0)
