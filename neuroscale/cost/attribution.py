"""The three views of one bill: what endpoints held, what they computed, and what they served.

The first view is the bill. The other two divide what the endpoints of one pool are billed among the same endpoints,
so that every view sums up to the bill to the hundredth. A pool is the accelerators of one kind: an hour of one kind
is no measure of an hour of another. What cannot be weighed in a view has no figure there, keeps its bill, and says
why; it is left out of what the view divides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.cost.bill import Pricing, charge_for
from neuroscale.cost.footprint import ModelFootprint, footprint_of
from neuroscale.cost.money import amount_of, divide, hundredths
from neuroscale.cost.usage import EndpointUsage
from neuroscale.hardware.catalogue import load_accelerators

ComputeBasis = Literal["engine-flops", "tokens", "proxy"]
_SECONDS_PER_HOUR = 3600
# Narrow formats have up to four times the 16-bit peak; more means that hours and tokens are not of one window.
_MOST_UTILISATION = 4


@dataclass(frozen=True, slots=True)
class Share:
    """An endpoint's part of one view.

    Attributes:
        amount: In the currency of the prices, with two decimals; None where the view cannot tell.
        reason: Why there is no amount; None with one.
        part: The part of what its pool did, between 0 and 1, by which the bill of the pool is divided; None in the
            view of allocation, and where there is no amount.
    """

    amount: Decimal | None
    reason: str | None = None
    part: Fraction | None = None


@dataclass(frozen=True, slots=True)
class EndpointCost:
    """What one endpoint costs by each view.

    Attributes:
        usage: What it used.
        footprint: What its model holds and computes; None where the model is not known.
        allocation: What it is billed for what it held.
        compute: Its part of the pool's bill by the arithmetic it did.
        compute_basis: What stands for that arithmetic: "engine-flops" (the engine's own estimate), "tokens" (2 x
            computing parameters x computed tokens) or "proxy" (see `_proxy`); None without an amount.
        tokens: Its part of the pool's bill by the tokens it served.
        held_part: Its part of the accelerator-hours of the endpoints that `compute` divides; None without.
        compute_utilisation: Its arithmetic by what its accelerators can do at their dense 16-bit peak; None
            where one of the two is not known.
    """

    usage: EndpointUsage
    footprint: ModelFootprint | None
    allocation: Share
    compute: Share
    compute_basis: ComputeBasis | None
    tokens: Share
    held_part: Fraction | None
    compute_utilisation: float | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """The three views of one bill.

    Attributes:
        currency: ISO 4217 code of every amount; None where it is not known.
        endpoints: The endpoints, those of one pool together.
    """

    currency: str | None
    endpoints: tuple[EndpointCost, ...]


def attribute(
    usages: Sequence[EndpointUsage], pricing: Pricing, find_model: Callable[[str], ModelArchitecture | None]
) -> Attribution:
    """Return what every endpoint costs by each view.

    Args:
        usages: The endpoints of one window; those that held no accelerator are left out.
        pricing: By which prices they are billed.
        find_model: Returns the architecture of a repository, None when it is not known.
    """
    pools: dict[str, list[EndpointUsage]] = {}
    for usage in usages:
        if usage.accelerator_hours > 0:
            pools.setdefault(usage.accelerator or "", []).append(usage)
    ordered = [usage for name in sorted(pools) for usage in pools[name]]
    footprints = [_footprint(usage, find_model) for usage in ordered]
    bills = _bills(ordered, pricing)
    endpoints: list[EndpointCost] = []
    for pool in (pools[name] for name in sorted(pools)):
        first = len(endpoints)
        chosen = slice(first, first + len(pool))
        endpoints += _pool(pool, footprints[chosen], bills[chosen])
    return Attribution(pricing.currency, tuple(endpoints))


def _footprint(
    usage: EndpointUsage, find_model: Callable[[str], ModelArchitecture | None]
) -> ModelFootprint | None:
    architecture = None if usage.model is None else find_model(usage.model)
    known = None if architecture is None else footprint_of(architecture)
    return known or usage.footprint


def _bills(usages: Sequence[EndpointUsage], pricing: Pricing) -> list[Share]:
    """Return the view of allocation; the sum of all bills is rounded once and divided, not each bill by itself."""
    charges = [charge_for(usage, pricing) for usage in usages]
    exact = [Fraction(charge.amount) for charge in charges if charge.amount is not None]
    total = hundredths(sum((charge.amount for charge in charges if charge.amount is not None), Decimal(0)))
    parts = iter(divide(total, exact) if sum(exact) > 0 else [0] * len(exact))
    return [
        Share(None, charge.missing) if charge.amount is None else Share(amount_of(next(parts)))
        for charge in charges
    ]


def _pool(
    usages: Sequence[EndpointUsage], footprints: Sequence[ModelFootprint | None], bills: Sequence[Share]
) -> list[EndpointCost]:
    basis, compute_weights, compute_reasons = _compute_weights(usages, footprints)
    compute = _divided(bills, compute_weights, compute_reasons, "nothing was computed in the window")
    tokens = _divided(
        bills,
        [None if usage.tokens is None else Fraction(usage.tokens.served_tokens) for usage in usages],
        ["its tokens were not measured"] * len(usages),
        "no token was served in the window",
    )
    divided_hours = sum(
        (usage.accelerator_hours for usage, share in zip(usages, compute, strict=True) if share.amount is not None),
        Decimal(0),
    )
    return [
        EndpointCost(
            usage=usage,
            footprint=footprint,
            allocation=bill,
            compute=share,
            compute_basis=basis if share.amount is not None else None,
            tokens=served,
            held_part=None if share.amount is None else Fraction(usage.accelerator_hours) / Fraction(divided_hours),
            compute_utilisation=_utilisation(usage, footprint),
        )
        for usage, footprint, bill, share, served in zip(usages, footprints, bills, compute, tokens, strict=True)
    ]


def _divided(
    bills: Sequence[Share], weights: Sequence[Fraction | None], reasons: Sequence[str], nothing: str
) -> list[Share]:
    """Divide what the weighed endpoints are billed among them, in proportion to their weights."""
    weighed = [
        index for index, weight in enumerate(weights) if weight is not None and bills[index].amount is not None
    ]
    chosen = [weights[index] or Fraction(0) for index in weighed]
    whole = sum(chosen, Fraction(0))
    shares = [
        Share(None, bill.reason if bill.amount is None else reason)
        for bill, reason in zip(bills, reasons, strict=True)
    ]
    if whole == 0:
        for index in weighed:
            shares[index] = Share(None, nothing)
        return shares
    total = sum(hundredths(bills[index].amount or Decimal(0)) for index in weighed)
    for index, part, weight in zip(weighed, divide(total, chosen), chosen, strict=True):
        shares[index] = Share(amount_of(part), part=weight / whole)
    return shares


def _compute_weights(
    usages: Sequence[EndpointUsage], footprints: Sequence[ModelFootprint | None]
) -> tuple[ComputeBasis, list[Fraction | None], list[str]]:
    """Return what stands for the arithmetic of a pool, each endpoint's weight, and why one may have none.

    One basis holds for the whole pool, since figures of two bases are no proportion: the engine's own estimate when
    every endpoint whose tokens were measured has one, else tokens when any were measured, else the proxy.
    """
    measured = [usage.tokens for usage in usages if usage.tokens is not None]
    if measured and all(tokens.estimated_flops is not None for tokens in measured):
        weights = [
            None
            if each.tokens is None or each.tokens.estimated_flops is None
            else Fraction(each.tokens.estimated_flops)
            for each in usages
        ]
        return "engine-flops", weights, ["its tokens were not measured"] * len(usages)
    pairs = list(zip(usages, footprints, strict=True))
    unknown = "the active parameters of its model are not known"
    if measured:
        reasons = [unknown if footprint is None else "its tokens were not measured" for _, footprint in pairs]
        return "tokens", [_flops(usage, footprint) for usage, footprint in pairs], reasons
    return "proxy", [_proxy(usage, footprint) for usage, footprint in pairs], [unknown] * len(pairs)


def _flops(usage: EndpointUsage, footprint: ModelFootprint | None) -> Fraction | None:
    if usage.tokens is None or footprint is None:
        return None
    return Fraction(footprint.flops(usage.tokens.computed_tokens))


def _proxy(usage: EndpointUsage, footprint: ModelFootprint | None) -> Fraction | None:
    """Return what stands for the arithmetic where no tokens are known: accelerator-hours x computing share.

    Decoding in large batches reads every weight in each step, at the pace of the memory, and computes one token per
    request with the active ones. With the same batch and the same bytes per parameter, arithmetic per hour is then
    in proportion to active by read parameters. How busy an endpoint was it cannot say: it is no measurement.
    """
    if footprint is None:
        return None
    return Fraction(usage.accelerator_hours) * footprint.computing_share


def _utilisation(usage: EndpointUsage, footprint: ModelFootprint | None) -> float | None:
    """Return arithmetic by the dense 16-bit peak of the accelerators over their hours; None for what cannot be."""
    accelerator = None if usage.accelerator is None else load_accelerators().get(usage.accelerator)
    if usage.tokens is None or accelerator is None:
        return None
    flops = usage.tokens.estimated_flops
    if flops is None:
        flops = None if footprint is None else footprint.flops(usage.tokens.computed_tokens)
    peak = accelerator.bfloat16_flops or accelerator.float16_flops
    if flops is None or not peak:
        return None
    utilisation = flops / (Fraction(usage.accelerator_hours) * _SECONDS_PER_HOUR * peak)
    return float(utilisation) if utilisation <= _MOST_UTILISATION else None
