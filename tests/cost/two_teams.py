"""The example of two teams with the same accelerator-hours and different models."""

from dataclasses import replace
from pathlib import Path

import yaml

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.attribution import Attribution, attribute
from neuroscale.cost.usage import EndpointUsage
from neuroscale.cost.usage_file import read_usage
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.price import PriceBook
from neuroscale.prices.tariff import Tariff

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def price_book() -> PriceBook:
    """Return the prices of the example."""
    return read_price_book((EXAMPLES / "prices.yaml").read_text(encoding="utf-8"), "prices.yaml")


def two_teams(*, with_tokens: bool = True) -> tuple[EndpointUsage, ...]:
    """Return the usage of the example, with or without what the engines measured."""
    usage = read_usage(yaml.safe_load((EXAMPLES / "two-teams" / "usage.yaml").read_text(encoding="utf-8")))
    return usage if with_tokens else tuple(replace(each, tokens=None) for each in usage)


def attributed(usages: tuple[EndpointUsage, ...]) -> Attribution:
    """Return the three views by the prices of the example."""
    return attribute(usages, Tariff(price_book()), load_catalogue().find)
