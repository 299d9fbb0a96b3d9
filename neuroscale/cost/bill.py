"""The first view: allocation, which bills what was held, busy or not."""

from dataclasses import dataclass
from decimal import Decimal

from neuroscale.cost.usage import EndpointUsage
from neuroscale.prices.price import Commitment, PriceBook


@dataclass(frozen=True, slots=True)
class Tariff:
    """By which prices usage is billed.

    Attributes:
        book: The platform's prices; None takes what another tool bills.
        region: Region whose prices hold; None for those that hold everywhere.
        commitment: How the accelerators are bought.
        billed_currency: Currency of what another tool bills; None where it is not known.
    """

    book: PriceBook | None = None
    region: str | None = None
    commitment: Commitment = "on-demand"
    billed_currency: str | None = None

    @property
    def currency(self) -> str | None:
        """The currency of every amount; None where it is not known."""
        return self.billed_currency if self.book is None else self.book.currency


@dataclass(frozen=True, slots=True)
class Charge:
    """What an endpoint is billed, exactly.

    Attributes:
        amount: In the currency of the tariff; None where a price is not known.
        missing: Why there is no amount; None with one.
    """

    amount: Decimal | None
    missing: str | None = None


def charge_for(usage: EndpointUsage, tariff: Tariff) -> Charge:
    """Return what an endpoint is billed for what it held.

    accelerator-hours x price per hour + CPU core-hours x price + GiB-hours x price, the last two where the book
    states prices for them. It is what OpenCost bills for a pod. It cannot say whether anything was computed: an
    idle accelerator costs as much as a busy one.
    Source: OpenCost, fields gpuHours, cpuCoreHours and ramByteHours of its allocation API.
    """
    if tariff.book is None:
        if usage.billed is None:
            return Charge(None, "no price book is given, and what it was billed is not stated")
        return Charge(usage.billed)
    if usage.accelerator is None:
        return Charge(None, "the kind of its accelerators is not known, so no price applies")
    price = tariff.book.price_of(usage.accelerator, tariff.region, tariff.commitment)
    if price is None:
        where = f" in {tariff.region}" if tariff.region else ""
        return Charge(None, f"the price book states no {tariff.commitment} price of {usage.accelerator}{where}")
    amount = usage.accelerator_hours * price.per_hour
    amount += usage.processor_core_hours * (tariff.book.processor_per_hour or Decimal(0))
    amount += usage.memory_gibibyte_hours * (tariff.book.memory_gibibyte_per_hour or Decimal(0))
    return Charge(amount)
