"""What was refused, as far as a reader wants to know it."""

from collections.abc import Sequence

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.plan import RefusedPlan


def distinct_refusals(refused: Sequence[RefusedPlan]) -> tuple[RefusedPlan, ...]:
    """Return one refusal for each reason and accelerator: what a reader wants of dozens of candidates."""
    first: dict[tuple[str, str], RefusedPlan] = {}
    for candidate in refused:
        first.setdefault((candidate.rule, candidate.accelerator), candidate)
    return tuple(first.values())


def refusal_sentence(refused: RefusedPlan) -> str:
    """Return where it was refused, by what, and why."""
    place = " ".join((refused.accelerator, *(("with", *refused.arguments) if refused.arguments else ())))
    if refused.pods > 1:
        place += f" over {refused.pods} nodes"
    if refused.is_warning:
        return f"{place} would serve, but draws a warning of {refused.rule}: {refused.reason}"
    by = f" ({refused.rule})" if refused.rule.startswith("NS") else ""
    return f"{place}: {refused.reason}{by}"


def nearest_refusal(refused: Sequence[RefusedPlan], accelerators: Sequence[Accelerator]) -> str:
    """Return what came nearest to a plan: what would serve with a warning, else the last that had memory enough.

    Among equals it is the most divided candidate on the largest accelerator.
    """
    if not refused:
        return "none was offered"
    memory_bytes = {accelerator.name: accelerator.memory_bytes for accelerator in accelerators}

    def nearness(candidate: RefusedPlan) -> tuple[bool, bool, bool, int]:
        is_tried = bool(candidate.arguments)
        fits = is_tried and candidate.rule != "memory"
        return candidate.is_warning, fits, is_tried, memory_bytes[candidate.accelerator]

    return refusal_sentence(max(reversed(refused), key=nearness))
