"""The first view: allocation, which bills what was held, busy or not."""

from dataclasses import dataclass
from decimal import Decimal

from neuroscale.cost.usage import EndpointUsage
from neuroscale.prices.tariff import Tariff


@dataclass(frozen=True, slots=True)
class BilledElsewhere:
    """Without prices of the platform: what another tool bills is the bill.

    Attributes:
        currency: ISO 4217 code of it; None where it is not known.
    """

    currency: str | None = None


Pricing = Tariff | BilledElsewhere


@dataclass(frozen=True, slots=True)
class Charge:
    """What an endpoint is billed, exactly.

    Attributes:
        amount: In the currency of the prices; None where a price is not known.
        missing: Why there is no amount; None with one.
    """

    amount: Decimal | None
    missing: str | None = None


def charge_for(usage: EndpointUsage, pricing: Pricing) -> Charge:
    """Return what an endpoint is billed for what it held.

    accelerator-hours x price per hour + CPU core-hours x price + GiB-hours x price, the last two where the book
    states prices for them. It is what OpenCost bills for a pod. It cannot say whether anything was computed: an
    idle accelerator costs as much as a busy one.
    Source: OpenCost, fields gpuHours, cpuCoreHours and ramByteHours of its allocation API.
    """
    if isinstance(pricing, BilledElsewhere):
        if usage.billed is None:
            return Charge(None, "no price book is given, and what it was billed is not stated")
        return Charge(usage.billed)
    if usage.accelerator is None:
        return Charge(None, "the kind of its accelerators is not known, so no price applies")
    price = pricing.price_of(usage.accelerator)
    if price is None:
        return Charge(None, pricing.missing(usage.accelerator))
    amount = usage.accelerator_hours * price.per_hour
    amount += usage.processor_core_hours * (pricing.book.processor_per_hour or Decimal(0))
    amount += usage.memory_gibibyte_hours * (pricing.book.memory_gibibyte_per_hour or Decimal(0))
    return Charge(amount)
