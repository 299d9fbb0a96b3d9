"""What was refused, as far as a reader wants to know it."""

from collections.abc import Sequence

from neuroscale.errors import NoPlanError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.plan import PlanningResult, RefusedPlan

_WAYS_OUT = {
    "memory": "offer larger accelerators, or ask for a shorter context",
    "latency": "allow more time, or offer faster accelerators",
    "hardware": "offer another kind of accelerators",
}


def refusal_sentence(refused: RefusedPlan) -> str:
    """Return where it was refused, by what, and why."""
    place = " ".join((refused.accelerator, *(("with", *refused.arguments) if refused.arguments else ())))
    if refused.pods > 1:
        place += f" over {refused.pods} nodes"
    if refused.is_warning:
        return f"{place} has the memory and the speed, but draws a warning of {refused.rule}: {refused.reason}"
    by = f" ({refused.rule})" if refused.rule.startswith("NS") else ""
    return f"{place}: {refused.reason}{by}"


def no_plan(refused: Sequence[RefusedPlan], accelerators: Sequence[Accelerator]) -> NoPlanError:
    """Return the error that says what came nearest to a plan, and what would help.

    That is what would serve with a warning, else what had memory enough; among equals the most divided candidate on
    the largest accelerator.
    """
    if not refused:
        return NoPlanError("no accelerator is on offer", field="accelerators", fix="offer at least one kind")
    memory_bytes = {accelerator.name: accelerator.memory_bytes for accelerator in accelerators}
    nearest = max(reversed(refused), key=lambda each: (*_nearness(each), memory_bytes[each.accelerator]))
    return NoPlanError(
        f"none of the accelerators offered can serve this model as asked: {refusal_sentence(nearest)}",
        field="accelerators",
        fix=_WAYS_OUT.get(nearest.rule, "offer other accelerators, or another release of the engine"),
    )


def unserving_accelerators(result: PlanningResult) -> tuple[RefusedPlan, ...]:
    """Return for each kind of accelerator without a plan what came nearest on it, in the order of the offer."""
    serving = {plan.accelerator.name for plan in result.plans}
    by_kind: dict[str, list[RefusedPlan]] = {}
    for candidate in result.refused:
        if candidate.accelerator not in serving:
            by_kind.setdefault(candidate.accelerator, []).append(candidate)
    return tuple(_nearest(candidates) for candidates in by_kind.values())


def _nearest(refused: Sequence[RefusedPlan]) -> RefusedPlan:
    return max(reversed(refused), key=_nearness)


def _nearness(refused: RefusedPlan) -> tuple[bool, bool, bool]:
    is_tried = bool(refused.arguments)
    return refused.is_warning, is_tried and refused.rule != "memory", is_tried
