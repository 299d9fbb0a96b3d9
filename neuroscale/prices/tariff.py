"""Which prices of a platform's book hold."""

from dataclasses import dataclass

from neuroscale.prices.price import DEFAULT_COMMITMENT, AcceleratorPrice, Commitment, PriceBook

HOURS_PER_MONTH = 730
"""Hours of a year of 365 days, by twelve: the month of cloud price lists."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Which prices of a book hold.

    Attributes:
        book: The platform's prices.
        region: Where it runs; None takes the prices that hold everywhere.
        commitment: How accelerators are bought.
    """

    book: PriceBook
    region: str | None = None
    commitment: Commitment = DEFAULT_COMMITMENT

    @property
    def currency(self) -> str:
        """ISO 4217 code of every amount."""
        return self.book.currency

    def price_of(self, accelerator: str) -> AcceleratorPrice | None:
        """Return the price of an accelerator by its name; None when the book states none of this commitment."""
        return self.book.price_of(accelerator, self.region, self.commitment)

    def missing(self, *accelerators: str) -> str:
        """Return a sentence that says which accelerators have no price."""
        where = f" in {self.region}" if self.region else ""
        return f"the price book states no {self.commitment} price of {', '.join(accelerators)}{where}"
