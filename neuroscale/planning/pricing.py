"""What plans cost by the platform's price book."""

from decimal import Decimal

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.plan import MoneyBounds, PlanCost, TokenRate
from neuroscale.prices.price import Commitment, PriceBook

_SECONDS_PER_HOUR = 3600
_MILLION = 1_000_000
_MICRO_UNIT = Decimal("0.000001")


def plan_cost(
    prices: PriceBook,
    accelerator: Accelerator,
    accelerators: int,
    endpoint: TokenRate | None,
    region: str | None,
    commitment: Commitment,
) -> PlanCost | None:
    """Return what so many accelerators cost; None when the book states no price of that kind and commitment."""
    price = prices.price_of(accelerator.name, region, commitment)
    if price is None:
        return None
    per_hour = price.per_hour * accelerators
    return PlanCost(
        prices.currency, price, per_hour, None if endpoint is None else _per_million(per_hour, endpoint)
    )


def _per_million(per_hour: Decimal, endpoint: TokenRate) -> MoneyBounds:
    """Return the cost of an hour over the tokens of an hour: least where most tokens are made."""
    low, high = (
        (per_hour * _MILLION / Decimal(tokens_per_second * _SECONDS_PER_HOUR)).quantize(_MICRO_UNIT)
        for tokens_per_second in (endpoint.optimistic_tokens_per_second, endpoint.pessimistic_tokens_per_second)
    )
    return MoneyBounds(low, high)
