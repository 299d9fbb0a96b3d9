"""What plans cost, and that the cheapest comes first."""

from decimal import Decimal

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.planning.explanation import plan_as_markdown
from neuroscale.planning.plan import Demand
from neuroscale.planning.planner import plan_serving
from neuroscale.prices.price import AcceleratorPrice, Commitment, PriceBook

H100, L40S = accelerator_by_name("h100-80gb-sxm"), accelerator_by_name("l40s")
DEMAND = Demand(8192, 8)


def architecture() -> ModelArchitecture:
    """Return a model that two L40S or one H100 hold."""
    known = load_catalogue().find("google/gemma-4-26B-A4B")
    assert known is not None
    return known


def book(**per_hour: str) -> PriceBook:
    """Return a book with one price for each kind, everywhere and on demand."""
    prices = {"h100": H100.name, "l40s": L40S.name}
    return PriceBook(
        "EUR",
        tuple(
            AcceleratorPrice(prices[kind], Decimal(price), None, "on-demand") for kind, price in per_hour.items()
        ),
    )


def test_the_cheapest_plan_is_first_where_all_have_a_price() -> None:
    dear = plan_serving(architecture(), DEMAND, [H100, L40S], prices=book(h100="9.00", l40s="1.00"))
    cheap = plan_serving(architecture(), DEMAND, [H100, L40S], prices=book(h100="1.00", l40s="9.00"))
    assert dear.plans[0].accelerator.name == L40S.name
    assert cheap.plans[0].accelerator.name == H100.name
    for result in (dear, cheap):
        costs = [plan.cost.per_hour for plan in result.plans if plan.cost is not None]
        assert len(costs) == len(result.plans)
        assert costs == sorted(costs)


def test_what_the_book_does_not_price_comes_after_all_that_it_does_and_is_named() -> None:
    result = plan_serving(architecture(), DEMAND, [H100, L40S], prices=book(l40s="99.00"))
    are_priced = [plan.cost is not None for plan in result.plans]
    assert are_priced == sorted(are_priced, reverse=True)
    assert {plan.accelerator.name for plan in result.plans if plan.cost is None} == {H100.name}
    assert result.unpriced == (H100.name,)
    assert "Without a price in the book, and so after all that have one: h100-80gb-sxm." in plan_as_markdown(
        result, architecture()
    )


def test_a_book_without_a_price_of_what_serves_ranks_by_memory_and_says_so() -> None:
    result = plan_serving(architecture(), DEMAND, [H100], prices=book(l40s="1.00"))
    assert [plan.settings for plan in result.plans] == [
        plan.settings for plan in plan_serving(architecture(), DEMAND, [H100]).plans
    ]
    assert result.unpriced == (H100.name,)


def test_nothing_is_unpriced_where_no_book_is_given() -> None:
    assert plan_serving(architecture(), DEMAND, [H100, L40S]).unpriced == ()


def test_an_hour_costs_the_accelerators_of_the_replicas_that_always_run() -> None:
    demand = Demand(8192, 8, least_replicas=3)
    for plan in plan_serving(architecture(), demand, [H100], prices=book(h100="2.50")).plans:
        assert plan.cost is not None
        assert plan.cost.currency == "EUR"
        assert plan.cost.per_hour == Decimal("2.50") * plan.minimum_replicas * plan.accelerators_per_replica


def test_a_million_tokens_cost_the_hour_over_the_tokens_of_the_hour() -> None:
    (plan, *_) = plan_serving(architecture(), DEMAND, [H100], prices=book(h100="3.60")).plans
    assert plan.cost is not None
    assert plan.speed is not None
    assert plan.cost.per_million_output_tokens is not None
    # 3.60 an hour are 0.001 a second, so a million tokens at N per second cost 1000 / N.
    for amount, rate in (
        (plan.cost.per_million_output_tokens.low, plan.speed.endpoint.optimistic_tokens_per_second),
        (plan.cost.per_million_output_tokens.high, plan.speed.endpoint.pessimistic_tokens_per_second),
    ):
        expected = 1000 * plan.minimum_replicas * plan.accelerators_per_replica / rate
        assert abs(float(amount) - expected) < 1e-6 * (1 + expected)


def test_the_price_of_the_region_and_the_commitment_is_taken() -> None:
    prices = PriceBook(
        "USD",
        (
            AcceleratorPrice(H100.name, Decimal(5), None, "on-demand"),
            AcceleratorPrice(H100.name, Decimal(4), "eu", "on-demand"),
            AcceleratorPrice(H100.name, Decimal(2), "eu", "one-year"),
        ),
    )
    per_device = []
    bought: tuple[tuple[str | None, Commitment], ...] = (
        (None, "on-demand"),
        ("eu", "on-demand"),
        ("eu", "one-year"),
    )
    for region, commitment in bought:
        result = plan_serving(architecture(), DEMAND, [H100], prices=prices, region=region, commitment=commitment)
        assert result.plans[0].cost is not None
        per_device.append(result.plans[0].cost.price.per_hour)
    assert per_device == [5, 4, 2]
    spot = plan_serving(architecture(), DEMAND, [H100], prices=prices, commitment="spot")
    assert {plan.cost for plan in spot.plans} == {None}
