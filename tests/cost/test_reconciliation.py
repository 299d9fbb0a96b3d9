"""Every view is the same bill: whatever is known or unknown, its parts sum up to it to the hundredth."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.attribution import attribute
from neuroscale.cost.bill import BilledElsewhere, Pricing
from neuroscale.cost.grouping import GROUPINGS, group_endpoints, total_billed, view_total
from neuroscale.cost.money import divide, hundredths
from neuroscale.cost.usage import EndpointUsage, TokenCounts
from neuroscale.prices.tariff import Tariff
from tests.cost.two_teams import price_book

MODELS = ("google/gemma-4-26B-A4B", "Qwen/Qwen3-32B", "openai/gpt-oss-120b", "no-one/knows", None)
ACCELERATORS = ("h100-80gb-sxm", "l4", "t4", None)
HOURS = st.decimals(min_value=0, max_value=100_000, places=5)
TOKENS = st.builds(
    TokenCounts,
    prompt_tokens=st.integers(0, 10**12),
    generated_tokens=st.integers(0, 10**12),
    cached_prompt_tokens=st.none() | st.integers(0, 10**12),
    estimated_flops=st.none() | st.integers(0, 10**24),
)
USAGES = st.lists(
    st.builds(
        EndpointUsage,
        namespace=st.just("team"),
        name=st.sampled_from(("a", "b", "c", "d")),
        accelerator_hours=HOURS,
        model=st.sampled_from(MODELS),
        owner=st.sampled_from(("x", "y", None)),
        cost_center=st.sampled_from(("1", None)),
        accelerator=st.sampled_from(ACCELERATORS),
        processor_core_hours=HOURS,
        memory_gibibyte_hours=HOURS,
        billed=st.none() | HOURS,
        tokens=st.none() | TOKENS,
    ),
    max_size=8,
)

TARIFFS = st.sampled_from((Tariff(price_book()), BilledElsewhere("EUR")))


@settings(max_examples=100, deadline=None)
@given(usages=USAGES, tariff=TARIFFS)
def test_every_view_and_every_grouping_sums_up_to_the_bill(usages: list[EndpointUsage], tariff: Pricing) -> None:
    attribution = attribute(usages, tariff, load_catalogue().find)
    bill = total_billed(attribution)

    for view in ("compute", "tokens"):
        total = view_total(attribution, view)
        assert total.divided + total.left_out == bill
    for by in GROUPINGS:
        groups = group_endpoints(attribution, by)
        assert sum(len(group.endpoints) for group in groups) == len(attribution.endpoints)
        if all(group.allocation.amount is not None for group in groups):
            assert sum((group.allocation.amount or Decimal(0) for group in groups), Decimal(0)) == bill


@settings(max_examples=100, deadline=None)
@given(usages=USAGES, tariff=TARIFFS)
def test_a_view_has_an_amount_or_a_reason_and_never_both(usages: list[EndpointUsage], tariff: Pricing) -> None:
    for endpoint in attribute(usages, tariff, load_catalogue().find).endpoints:
        for share in (endpoint.allocation, endpoint.compute, endpoint.tokens):
            assert (share.amount is None) != (share.reason is None)
            assert share.amount is None or share.amount >= 0


@settings(max_examples=100, deadline=None)
@given(usages=USAGES, tariff=TARIFFS)
def test_the_sum_of_the_bill_is_rounded_once(usages: list[EndpointUsage], tariff: Pricing) -> None:
    attribution = attribute(usages, tariff, load_catalogue().find)
    book = tariff.book if isinstance(tariff, Tariff) else None
    exact = Decimal(0)
    for usage in usages:
        if usage.accelerator_hours == 0:
            continue
        if book is None:
            exact += usage.billed or 0
        elif usage.accelerator is not None and (price := book.price_of(usage.accelerator)) is not None:
            assert book.processor_per_hour is not None
            assert book.memory_gibibyte_per_hour is not None
            exact += usage.accelerator_hours * price.per_hour
            exact += usage.processor_core_hours * book.processor_per_hour
            exact += usage.memory_gibibyte_hours * book.memory_gibibyte_per_hour

    assert hundredths(total_billed(attribution)) == hundredths(exact)


@given(
    total=st.integers(0, 10**9),
    weights=st.lists(st.fractions(min_value=0, max_value=10**6), min_size=1, max_size=9),
)
def test_parts_are_within_one_of_their_proportion(total: int, weights: list[Fraction]) -> None:
    weights[0] += 1
    parts = divide(total, weights)

    assert sum(parts) == total
    assert all(abs(part - total * weight / sum(weights)) < 1 for part, weight in zip(parts, weights, strict=True))
