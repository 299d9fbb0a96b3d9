"""The platform's prices, or others in their place, as an input of actions."""

from collections.abc import Mapping
from typing import Any

from actions_service.action import Resources
from neuroscale.errors import InvalidInputError
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.price import COMMITMENTS, DEFAULT_COMMITMENT
from neuroscale.prices.tariff import Tariff

EXAMPLE_PRICES = """\
apiVersion: neuroscale.dev/v1alpha1
kind: PriceBook
currency: USD
accelerators:
  - accelerator: h100-80gb-sxm
    perHour: 4.00
"""

PRICE_PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    "prices": {
        "type": "string",
        "title": "Prices",
        "description": "A price book (YAML) in place of the platform's.",
        "minLength": 1,
        "maxLength": 1_000_000,
        "examples": [EXAMPLE_PRICES],
    },
    "region": {
        "type": "string",
        "title": "Region",
        "description": "Region whose prices hold where the book states any; without it the platform's.",
        "minLength": 1,
        "maxLength": 63,
        "examples": ["eu-central"],
    },
    "commitment": {
        "type": "string",
        "title": "Commitment",
        "description": "How the accelerators are bought.",
        "enum": list(COMMITMENTS),
        "default": DEFAULT_COMMITMENT,
        "examples": ["one-year"],
    },
}


def given_tariff(arguments: Mapping[str, Any], resources: Resources) -> Tariff | None:
    """Return the prices of the input, else those of the platform; None where neither gives any.

    Raises:
        UnreadableInputError: The price book is not YAML.
        InvalidInputError: A field of the price book is wrong, or a region is given without prices.
    """
    platform = resources.costs.prices
    if "prices" in arguments:
        book = read_price_book(arguments["prices"], "prices")
    elif platform is not None:
        book = platform()
    elif "region" in arguments:
        raise InvalidInputError("says nothing without prices", field="region", fix="give prices, or leave it out")
    else:
        return None
    return Tariff(
        book, arguments.get("region", resources.costs.region), arguments.get("commitment", DEFAULT_COMMITMENT)
    )
