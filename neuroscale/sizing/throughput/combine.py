"""How the parts of a phase add up to the whole."""

from collections.abc import Mapping

from neuroscale.sizing.throughput.estimate import Limit, PhaseEstimate, SecondsBounds


def least_overlapping_seconds(parts: Mapping[Limit, SecondsBounds]) -> float:
    """Return the least that reading, arithmetic and communication take while they overlap wholly."""
    reading = parts["weights"].optimistic_seconds + parts["KV cache"].optimistic_seconds
    return max(reading, parts["arithmetic"].optimistic_seconds, parts["interconnect"].optimistic_seconds)


def prudent_seconds_without_overhead(parts: Mapping[Limit, SecondsBounds]) -> float:
    """Return what is prudent to expect of the hardware: reading and multiplying overlap, communication does not."""
    reading = parts["weights"].pessimistic_seconds + parts["KV cache"].pessimistic_seconds
    return max(reading, parts["arithmetic"].pessimistic_seconds) + parts["interconnect"].pessimistic_seconds


def phase_estimate(parts: Mapping[Limit, SecondsBounds]) -> PhaseEstimate:
    """Return the whole of a phase from its parts: what overlaps, and what the engine adds to it."""
    overhead = parts["overhead"]
    seconds = SecondsBounds(
        least_overlapping_seconds(parts) + overhead.optimistic_seconds,
        prudent_seconds_without_overhead(parts) + overhead.pessimistic_seconds,
    )
    return PhaseEstimate(seconds, max(parts, key=lambda name: parts[name].pessimistic_seconds), parts)
