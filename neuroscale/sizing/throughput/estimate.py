"""A duration known between two bounds, and what bounds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Limit = Literal["weights", "KV cache", "arithmetic", "interconnect", "overhead"]


@dataclass(frozen=True, slots=True)
class SecondsBounds:
    """A duration between what hardware allows at best and what is prudent to expect.

    Attributes:
        optimistic_seconds: A lower bound by the peaks of the data sheets: nothing is faster.
        pessimistic_seconds: What to plan for: achieved shares of the peaks, and what the engine adds.
    """

    optimistic_seconds: float
    pessimistic_seconds: float


@dataclass(frozen=True, slots=True)
class PhaseEstimate:
    """One step of decoding, or the prefill of one prompt, on the slowest rank.

    Attributes:
        seconds: How long it takes.
        bound_by: The largest part of the prudent estimate.
        parts: The bounds of every part: reading weights, reading the KV cache, arithmetic, communication and what
            the engine itself adds. Reading and arithmetic overlap, so that the parts do not add up to the whole.
    """

    seconds: SecondsBounds
    bound_by: Limit
    parts: Mapping[Limit, SecondsBounds]
