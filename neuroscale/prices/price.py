"""The price of an accelerator, and the book in which a platform states its prices."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

Commitment = Literal["on-demand", "spot", "one-year", "three-years"]
COMMITMENTS: tuple[Commitment, ...] = get_args(Commitment)
DEFAULT_COMMITMENT: Commitment = "on-demand"


@dataclass(frozen=True, slots=True)
class AcceleratorPrice:
    """What one accelerator costs.

    Attributes:
        accelerator: Its name in the table of accelerators, e.g. "h100-80gb-sxm".
        per_hour: Price of one device for one hour, in the currency of the book.
        region: Where the price holds; None where it holds everywhere.
        commitment: How it is bought.
    """

    accelerator: str
    per_hour: Decimal
    region: str | None
    commitment: Commitment


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices of a platform.

    Attributes:
        currency: ISO 4217 code such as "USD".
        accelerators: Every price of an accelerator that is stated.
        processor_per_hour: Price of one CPU core for one hour; None where it is not stated.
        memory_gibibyte_per_hour: Price of one GiB of host memory for one hour; None where it is not stated.
    """

    currency: str
    accelerators: tuple[AcceleratorPrice, ...]
    processor_per_hour: Decimal | None = None
    memory_gibibyte_per_hour: Decimal | None = None

    def price_of(
        self, accelerator: str, region: str | None = None, commitment: Commitment = DEFAULT_COMMITMENT
    ) -> AcceleratorPrice | None:
        """Return the price of an accelerator: of the region if one is stated for it, else that of everywhere.

        None when no price of that commitment is stated: prices are never carried over from another one.
        """
        stated = {
            price.region: price
            for price in self.accelerators
            if price.accelerator == accelerator and price.commitment == commitment
        }
        return stated.get(region) or stated.get(None)
