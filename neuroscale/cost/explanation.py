"""Why the views differ, in one line with the numbers."""

from decimal import Decimal

from neuroscale.cost.attribution import ComputeBasis, EndpointCost
from neuroscale.cost.footprint import ModelFootprint
from neuroscale.cost.grouping import CostGroup

_BILLION = 10**9
_GIGABYTE = 10**9
BASIS_WORDS: dict[ComputeBasis, str] = {
    "engine-flops": "by the engine's own estimate",
    "tokens": "by 2 x active parameters x tokens",
    "proxy": "by a proxy, as no tokens are known",
}


def difference(group: CostGroup, currency: str | None) -> str:
    """Return in one line what makes a group's part of the compute another one than its bill."""
    if group.allocation.amount is None:
        return f"cannot be billed: {group.allocation.reason}"
    if group.compute.amount is None:
        return f"pays what it holds; by compute it cannot be weighed: {group.compute.reason}"
    told = _most_telling(group)
    subject = f"{told.usage.title} " if len(group.endpoints) > 1 else ""
    basis = told.compute_basis
    words = "" if basis is None else f", {BASIS_WORDS[basis]}"
    money = _money(group.compute.amount, group.allocation.amount, currency)
    return f"{subject}{_holding(told.footprint)}: {_parts(group)}{words}, so {money}"


def _most_telling(group: CostGroup) -> EndpointCost:
    """Return the endpoint whose two bills are furthest apart."""
    return max(
        group.endpoints,
        key=lambda each: abs((each.compute.amount or Decimal(0)) - (each.allocation.amount or Decimal(0))),
    )


def _holding(footprint: ModelFootprint | None) -> str:
    if footprint is None:
        return "its model is not known"
    held = f"{footprint.held_parameters / _BILLION:.1f}"
    computing = f"{footprint.computing_parameters / _BILLION:.1f}"
    weights = _weights(footprint)
    rounded = " (as its labels round them)" if footprint.is_rounded else ""
    if footprint.is_mixture_of_experts:
        experts = "all experts" if footprint.routed_experts is None else f"all {footprint.routed_experts} experts"
        return (
            f"holds {weights} because {experts} must be resident, but computes with {computing} of {held} billion "
            f"parameters per token{rounded}"
        )
    return f"holds {weights} and computes with {computing} of {held} billion parameters per token{rounded}"


def _weights(footprint: ModelFootprint) -> str:
    bounds = footprint.weight_bytes
    if bounds is None:
        return f"{footprint.held_parameters / _BILLION:.1f} billion parameters"
    least, most = (f"{size / _GIGABYTE:.1f}" for size in (bounds.optimistic_bytes, bounds.pessimistic_bytes))
    return f"{most} GB" if least == most else f"{least} to {most} GB"


def _parts(group: CostGroup) -> str:
    held = [endpoint.held_part for endpoint in group.endpoints]
    if group.compute.part is None or None in held:
        return "its parts of the pools' compute"
    whole = sum(part for part in held if part is not None)
    return f"{float(group.compute.part):.1%} of the pool's compute in {float(whole):.1%} of its accelerator-hours"


def _money(compute: Decimal, allocation: Decimal, currency: str | None) -> str:
    unit = f" {currency}" if currency else ""
    if compute == allocation:
        return f"{compute}{unit} by either view"
    return f"{compute}{unit} instead of {allocation} ({compute - allocation:+})"
