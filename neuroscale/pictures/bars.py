"""The figures of a drawing: bars of segments, and marks on them."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar.

    Attributes:
        name: What it stands for; segments of one name have one colour in all bars of a drawing.
        amount: Its size, in the unit of the drawing; not negative and finite.
        text: The amount as people read it, e.g. "48.1 GiB".
        is_free: Whether it is what is left over, which is drawn pale.

    Raises:
        ValueError: The amount is negative, infinite or no number.
    """

    name: str
    amount: float
    text: str
    is_free: bool = False

    def __post_init__(self) -> None:
        """Refuse an amount that has no length."""
        if not math.isfinite(self.amount) or self.amount < 0:
            raise ValueError(f"{self.name}: {self.amount} cannot be drawn")


@dataclass(frozen=True, slots=True)
class Mark:
    """A limit that is drawn across a bar.

    Attributes:
        amount: Where it stands, in the unit of the drawing.
        text: What it says, e.g. "0.92: what the engine may take".
    """

    amount: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a drawing.

    Attributes:
        label: What it is about, e.g. "h100-80gb-sxm, each of 8".
        segments: Its parts from left to right.
        mark: A limit across it; None without one.
    """

    label: str
    segments: tuple[Segment, ...]
    mark: Mark | None = None

    @property
    def amount(self) -> float:
        """The length of the whole bar."""
        return sum(segment.amount for segment in self.segments)


@dataclass(frozen=True, slots=True)
class BarDrawing:
    """Bars under each other, drawn to one scale.

    Attributes:
        title: One line above the bars.
        description: What a reader who cannot see the drawing is told.
        bars: From top to bottom.
        is_share: Whether every bar is drawn at full width, so that shares are compared instead of amounts.
    """

    title: str
    description: str
    bars: tuple[Bar, ...]
    is_share: bool = False
