"""Endpoints by model, owner or cost centre, and what the groups cost by each view."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from neuroscale.cost.attribution import Attribution, EndpointCost, Share
from neuroscale.cost.usage import EndpointUsage

GroupedBy = Literal["endpoint", "model", "owner", "cost-center"]
GROUPINGS: tuple[GroupedBy, ...] = ("endpoint", "model", "owner", "cost-center")
_MILLION = 10**6
_PER_MILLION_DIGITS = 4


@dataclass(frozen=True, slots=True)
class MillionTokens:
    """What a million tokens cost, by what was billed.

    Attributes:
        served: For a million prompt and generated tokens together, with four decimals; None where `reason` says.
        generated: For a million generated tokens, all else given away; None where none was generated, too.
        reason: Why there is no figure; None with one.
    """

    served: Decimal | None
    generated: Decimal | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CostGroup:
    """The endpoints of one model, owner or cost centre.

    Attributes:
        key: What they have in common; None for those that state none.
        endpoints: The endpoints.
        allocation: What they are billed together.
        compute: Their part of the bill by arithmetic; None as soon as one of them has none.
        tokens: Their part of the bill by tokens served; None as soon as one of them has none.
        per_million: What their tokens cost.
    """

    key: str | None
    endpoints: tuple[EndpointCost, ...]
    allocation: Share
    compute: Share
    tokens: Share
    per_million: MillionTokens

    @property
    def accelerator_hours(self) -> Decimal:
        """Hours of accelerators that they held."""
        return sum((endpoint.usage.accelerator_hours for endpoint in self.endpoints), Decimal(0))


@dataclass(frozen=True, slots=True)
class ViewTotal:
    """What a view comes to over all endpoints; both together are what was billed.

    Attributes:
        divided: Sum of the amounts that the view gives.
        left_out: What the endpoints are billed that it gives no amount for.
    """

    divided: Decimal
    left_out: Decimal


def group_endpoints(attribution: Attribution, by: GroupedBy) -> tuple[CostGroup, ...]:
    """Return the groups by name, those without a name last; every endpoint is in one of them."""
    members: dict[str | None, list[EndpointCost]] = {}
    for endpoint in attribution.endpoints:
        members.setdefault(_key(endpoint.usage, by), []).append(endpoint)
    ordered = sorted(members, key=lambda key: (key is None, key or ""))
    return tuple(_group(key, tuple(members[key])) for key in ordered)


def view_total(attribution: Attribution, view: Literal["compute", "tokens"]) -> ViewTotal:
    """Return the sum of a view, and what is billed to the endpoints that it leaves out."""
    divided, left_out = Decimal(0), Decimal(0)
    for endpoint in attribution.endpoints:
        share = endpoint.compute if view == "compute" else endpoint.tokens
        if share.amount is None:
            left_out += endpoint.allocation.amount or Decimal(0)
        else:
            divided += share.amount
    return ViewTotal(divided, left_out)


def total_billed(attribution: Attribution) -> Decimal:
    """Return what all endpoints are billed that a price is known for."""
    return sum((endpoint.allocation.amount or Decimal(0) for endpoint in attribution.endpoints), Decimal(0))


def _key(usage: EndpointUsage, by: GroupedBy) -> str | None:
    match by:
        case "endpoint":
            return usage.title
        case "model":
            return usage.model
        case "owner":
            return usage.owner
        case "cost-center":
            return usage.cost_center


def _group(key: str | None, endpoints: tuple[EndpointCost, ...]) -> CostGroup:
    pools = {endpoint.usage.accelerator for endpoint in endpoints}
    allocation = _sum(endpoints, [endpoint.allocation for endpoint in endpoints], is_one_pool=False)
    return CostGroup(
        key=key,
        endpoints=endpoints,
        allocation=allocation,
        compute=_sum(endpoints, [endpoint.compute for endpoint in endpoints], is_one_pool=len(pools) == 1),
        tokens=_sum(endpoints, [endpoint.tokens for endpoint in endpoints], is_one_pool=len(pools) == 1),
        per_million=_per_million(endpoints, allocation),
    )


def _sum(endpoints: Sequence[EndpointCost], shares: Sequence[Share], *, is_one_pool: bool) -> Share:
    """Return the sum of shares; a part is of one pool, so that parts of several have no sum."""
    unknown = [
        (endpoint.usage.title, share.reason)
        for endpoint, share in zip(endpoints, shares, strict=True)
        if share.amount is None
    ]
    if unknown:
        title, reason = unknown[0]
        others = f", and {len(unknown) - 1} more endpoints" if len(unknown) > 1 else ""
        return Share(None, f"{title}: {reason}{others}" if len(endpoints) > 1 else reason)
    return Share(
        sum((share.amount or Decimal(0) for share in shares), Decimal(0)),
        part=sum((share.part or Fraction(0) for share in shares), Fraction(0)) if is_one_pool else None,
    )


def _per_million(endpoints: Sequence[EndpointCost], allocation: Share) -> MillionTokens:
    """Return bill / tokens x 1,000,000. It cannot say what a token would cost on a busier endpoint."""
    counts = [endpoint.usage.tokens for endpoint in endpoints]
    measured = [tokens for tokens in counts if tokens is not None]
    if allocation.amount is None:
        return MillionTokens(None, None, allocation.reason)
    if len(measured) < len(counts):
        return MillionTokens(None, None, "tokens were not measured")
    served = sum(tokens.served_tokens for tokens in measured)
    generated = sum(tokens.generated_tokens for tokens in measured)
    if served == 0:
        return MillionTokens(None, None, "no token was served in the window")
    return MillionTokens(
        _million(allocation.amount, served), _million(allocation.amount, generated) if generated else None
    )


def _million(amount: Decimal, tokens: int) -> Decimal:
    return Decimal(round(Fraction(amount) * _MILLION * 10**_PER_MILLION_DIGITS / tokens)).scaleb(
        -_PER_MILLION_DIGITS
    )
