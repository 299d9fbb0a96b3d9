"""A price book states exactly what it says, and every mistake in one is named with its remedy."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from neuroscale.errors import NeuroScaleError
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.price import PriceBook

FIXTURES = Path(__file__).parent / "fixtures"
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "prices.yaml"
EXPECTED_ERRORS = cast("Mapping[str, str]", json.loads((FIXTURES / "expected-errors.json").read_text("utf-8")))


def read(path: Path) -> PriceBook:
    """Return the book of a fixture."""
    return read_price_book(path.read_text(encoding="utf-8"), path.name)


def test_prices_are_decimals_of_the_written_digits_whether_quoted_or_not() -> None:
    book = read(FIXTURES / "ok-regions-and-commitments.yaml")

    assert book.currency == "USD"
    assert [price.per_hour for price in book.accelerators] == [Decimal("3.1"), Decimal("3.4567"), Decimal("1.9")]
    assert book.processor_per_hour == Decimal("0.031")
    assert book.memory_gibibyte_per_hour == Decimal("0.0042")


@pytest.mark.parametrize(
    ("region", "commitment", "per_hour"),
    [
        (None, "on-demand", Decimal("3.1")),
        ("eu-central", "on-demand", Decimal("3.4567")),
        ("us-west", "on-demand", Decimal("3.1")),
        ("eu-central", "three-years", Decimal("1.9")),
        (None, "spot", None),
    ],
)
def test_a_region_wins_over_everywhere_and_no_commitment_stands_for_another(
    region: str | None, commitment: str, per_hour: Decimal | None
) -> None:
    book = read(FIXTURES / "ok-regions-and-commitments.yaml")

    price = book.price_of("h100-80gb-sxm", region, commitment)  # type: ignore[arg-type]

    assert (None if price is None else price.per_hour) == per_hour


def test_a_config_map_may_hold_the_book() -> None:
    book = read(FIXTURES / "ok-config-map.yaml")

    assert [(price.accelerator, price.per_hour) for price in book.accelerators] == [("l4", Decimal("0.7"))]


def test_host_prices_that_are_not_stated_stay_unknown() -> None:
    book = read(FIXTURES / "ok-config-map.yaml")

    assert book.processor_per_hour is None
    assert book.memory_gibibyte_per_hour is None


def test_the_example_book_is_valid_and_says_that_it_is_illustrative() -> None:
    assert read(EXAMPLE).accelerators
    assert "illustrative" in EXAMPLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("bad-*.yaml")), ids=lambda path: path.stem)
def test_every_mistake_is_named_with_its_remedy(path: Path) -> None:
    with pytest.raises(NeuroScaleError) as caught:
        read(path)

    assert str(caught.value) == EXPECTED_ERRORS[path.name]
    assert caught.value.field is not None
    assert caught.value.field.startswith(path.name)


def test_every_expected_error_has_its_fixture() -> None:
    assert set(EXPECTED_ERRORS) == {path.name for path in FIXTURES.glob("bad-*.yaml")}
