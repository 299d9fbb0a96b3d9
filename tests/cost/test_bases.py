"""What stands for the compute of a pool, and what a view says where it knows too little."""

from dataclasses import replace
from decimal import Decimal

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.attribution import EndpointCost, attribute
from neuroscale.cost.bill import BilledElsewhere, Pricing
from neuroscale.cost.explanation import difference
from neuroscale.cost.grouping import group_endpoints, view_total
from neuroscale.cost.usage import EndpointUsage, TokenCounts
from neuroscale.prices.tariff import Tariff
from tests.cost.two_teams import attributed, price_book, two_teams


def costs(*usages: EndpointUsage, tariff: Pricing | None = None) -> tuple[EndpointCost, ...]:
    """Return what the endpoints cost by the prices of the example, or by another tariff."""
    return attribute(usages, tariff or Tariff(price_book()), load_catalogue().find).endpoints


def test_the_engines_own_estimate_wins_where_every_engine_gives_one() -> None:
    assistant, search = two_teams()
    assert assistant.tokens is not None
    assert search.tokens is not None

    first, second = costs(
        replace(assistant, tokens=replace(assistant.tokens, estimated_flops=10**19)),
        replace(search, tokens=replace(search.tokens, estimated_flops=3 * 10**19)),
    )

    assert first.compute_basis == second.compute_basis == "engine-flops"
    assert (first.compute.amount, second.compute.amount) == (Decimal("1440.00"), Decimal("4320.00"))


def test_one_estimate_alone_is_not_set_against_tokens_of_others() -> None:
    assistant, search = two_teams()
    assert assistant.tokens is not None

    first, second = costs(replace(assistant, tokens=replace(assistant.tokens, estimated_flops=10**19)), search)

    assert first.compute_basis == second.compute_basis == "tokens"


def test_prompt_tokens_of_the_prefix_cache_are_served_but_not_computed() -> None:
    tokens = TokenCounts(prompt_tokens=900, generated_tokens=100, cached_prompt_tokens=600)

    assert tokens.served_tokens == 1000
    assert tokens.computed_tokens == 400


def test_more_cached_tokens_than_prompt_tokens_take_nothing_from_the_generated_ones() -> None:
    assert TokenCounts(prompt_tokens=10, generated_tokens=5, cached_prompt_tokens=12).computed_tokens == 5


def test_an_endpoint_without_tokens_keeps_its_bill_beside_those_that_have_them() -> None:
    assistant, search = two_teams()
    attribution = attributed((assistant, search, replace(assistant, name="idle", tokens=None)))
    idle = attribution.endpoints[2]

    assert idle.compute.amount is None
    assert idle.compute.reason == "its tokens were not measured"
    assert view_total(attribution, "compute").left_out == idle.allocation.amount == Decimal("2880.00")
    (line,) = (
        difference(group, "USD") for group in group_endpoints(attribution, "endpoint") if group.key == "team-a/idle"
    )
    assert line == "pays what it holds; by compute it cannot be weighed: its tokens were not measured"


def test_a_model_that_is_not_known_keeps_its_bill() -> None:
    assistant, search = two_teams(with_tokens=False)

    known, unknown = costs(assistant, replace(search, model="no-one/knows"))

    assert known.compute.amount == known.allocation.amount
    assert unknown.compute.reason == "the active parameters of its model are not known"


def test_a_pool_that_served_nothing_has_no_compute_to_divide() -> None:
    assistant, search = two_teams()

    shares = costs(*(replace(each, tokens=TokenCounts(0, 0)) for each in (assistant, search)))

    assert {share.compute.reason for share in shares} == {"nothing was computed in the window"}
    assert {share.tokens.reason for share in shares} == {"no token was served in the window"}


def test_kinds_of_accelerators_are_pools_of_their_own() -> None:
    assistant, search = two_teams()

    shares = costs(assistant, replace(search, accelerator="l4"))

    assert [share.compute.amount for share in shares] == [share.allocation.amount for share in shares]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"accelerator": None}, "the kind of its accelerators is not known, so no price applies"),
        ({"accelerator": "b200-180gb"}, "the price book states no on-demand price of b200-180gb"),
    ],
)
def test_what_no_price_is_known_for_is_not_billed(change: dict[str, str | None], reason: str) -> None:
    assistant, _ = two_teams()

    (cost,) = costs(replace(assistant, **change))  # type: ignore[arg-type]

    assert cost.allocation.amount is None
    assert cost.allocation.reason == cost.compute.reason == reason


def test_a_region_and_a_commitment_have_prices_of_their_own() -> None:
    assistant, _ = two_teams()

    in_region = costs(assistant, tariff=Tariff(price_book(), region="eu-central"))
    committed = costs(assistant, tariff=Tariff(price_book(), commitment="one-year"))

    assert in_region[0].allocation.amount == Decimal("3168.00")
    assert committed[0].allocation.amount == Decimal("1800.00")


def test_processor_and_memory_are_billed_where_the_book_prices_them() -> None:
    assistant, _ = two_teams()
    held = replace(assistant, processor_core_hours=Decimal(5760), memory_gibibyte_hours=Decimal(46080))

    # 2,880.00 + 5,760 x 0.03 + 46,080 x 0.004
    assert costs(held)[0].allocation.amount == Decimal("3237.12")


def test_without_a_price_book_the_bill_of_another_tool_holds() -> None:
    assistant, search = two_teams()
    tariff = BilledElsewhere("EUR")

    billed, unbilled = costs(replace(assistant, billed=Decimal("12.345")), search, tariff=tariff)

    assert billed.allocation.amount == Decimal("12.34")
    assert unbilled.allocation.reason == "no price book is given, and what it was billed is not stated"
