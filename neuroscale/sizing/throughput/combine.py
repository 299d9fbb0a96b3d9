"""How the parts of a phase add up to the whole."""

from collections.abc import Mapping

from neuroscale.sizing.throughput.estimate import Limit, PhaseEstimate, SecondsBounds


def phase_estimate(parts: Mapping[Limit, SecondsBounds]) -> PhaseEstimate:
    """Return the whole of a phase from its parts.

    At the least reading, arithmetic and communication overlap wholly, and the longest of them remains. Prudently
    reading weights overlaps with multiplying by them no better than the longer of the two takes, and everything
    else is added up.
    """
    reading = parts["weights"].optimistic_seconds + parts["KV cache"].optimistic_seconds
    overhead, links = parts["overhead"], parts["interconnect"]
    optimistic = (
        max(reading, parts["arithmetic"].optimistic_seconds, links.optimistic_seconds) + overhead.optimistic_seconds
    )
    pessimistic = (
        max(
            parts["weights"].pessimistic_seconds + parts["KV cache"].pessimistic_seconds,
            parts["arithmetic"].pessimistic_seconds,
        )
        + links.pessimistic_seconds
        + overhead.pessimistic_seconds
    )
    bound_by = max(parts, key=lambda name: parts[name].pessimistic_seconds)
    return PhaseEstimate(SecondsBounds(optimistic, pessimistic), bound_by, parts)
