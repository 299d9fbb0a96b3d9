"""What is asked of the speed: met by the pessimistic bound, said not to be certain, or refused with the numbers."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import InvalidInputError, NoPlanError
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving

GEMMA = "google/gemma-4-26B-A4B"
OFFERED = tuple(load_accelerators().values())
H100 = [accelerator_by_name("h100-80gb-sxm")]


def architecture(repository: str = GEMMA) -> ModelArchitecture:
    """Return a model of the catalogue."""
    known = load_catalogue().find(repository)
    assert known is not None
    return known


def latencies(plan: ServingPlan) -> tuple[float, float]:
    """Return the pessimistic latencies of a plan."""
    assert plan.speed is not None
    return (
        plan.speed.time_to_first_token.pessimistic_seconds,
        plan.speed.time_per_output_token.pessimistic_seconds,
    )


def test_every_speed_is_a_range_from_prudent_to_best() -> None:
    for plan in plan_serving(architecture(), Demand(8192, 8), OFFERED).plans:
        speed = plan.speed
        assert speed is not None
        for seconds in (speed.time_to_first_token, speed.time_per_output_token):
            assert 0 < seconds.optimistic_seconds <= seconds.pessimistic_seconds
        for rate in (speed.replica, speed.endpoint):
            assert 0 < rate.pessimistic_tokens_per_second <= rate.optimistic_tokens_per_second
        assert speed.prompt_tokens + speed.output_tokens == 8192


def test_plans_meet_a_latency_at_the_pessimistic_bound_or_say_that_they_may_not() -> None:
    demand = Demand(8192, 8, time_to_first_token_seconds=1.0, time_per_output_token_seconds=0.03)
    plans = plan_serving(architecture(), demand, OFFERED).plans
    assert any(not plan.shortfalls for plan in plans)
    for plan in plans:
        first, each = latencies(plan)
        assert (first <= 1.0 and each <= 0.03) == (not plan.shortfalls)


def test_what_may_meet_a_latency_comes_after_what_does() -> None:
    demand = Demand(8192, 8, time_per_output_token_seconds=0.022)
    plans = plan_serving(architecture(), demand, OFFERED).plans
    certainty = [not plan.shortfalls for plan in plans]
    assert {True, False} == set(certainty)
    assert certainty == sorted(certainty, reverse=True)


def test_a_latency_limits_the_batch_and_the_engine_is_told() -> None:
    (free, *_) = plan_serving(architecture(), Demand(8192, 8), H100).plans
    asked = Demand(8192, 8, time_per_output_token_seconds=0.03)
    (limited, *_) = plan_serving(architecture(), asked, H100).plans
    assert limited.settings.maximum_sequences is not None
    assert limited.concurrency_limit == "latency"
    per_rank = limited.concurrent_requests_per_replica // limited.settings.data_parallel_size
    assert limited.settings.maximum_sequences == per_rank < free.concurrent_requests_per_replica


def test_more_replicas_carry_what_latency_does_not_let_one_carry() -> None:
    demand = Demand(8192, 200, time_per_output_token_seconds=0.03)
    for plan in plan_serving(architecture(), demand, H100).plans:
        assert plan.minimum_replicas * plan.concurrent_requests_per_replica >= 200


def test_tokens_per_second_are_met_by_replicas_at_the_pessimistic_bound() -> None:
    for plan in plan_serving(architecture(), Demand(8192, 1, tokens_per_second=10_000), OFFERED).plans:
        assert plan.speed is not None
        assert plan.speed.endpoint.pessimistic_tokens_per_second >= 10_000
        one_less = plan.speed.endpoint.pessimistic_tokens_per_second * (1 - 1 / plan.minimum_replicas)
        assert one_less < 10_000


def test_a_latency_that_nothing_meets_is_refused_with_the_range() -> None:
    with pytest.raises(NoPlanError) as error:
        plan_serving(architecture(), Demand(8192, 8, time_per_output_token_seconds=0.0005), H100)
    assert "time per output token of" in error.value.message
    assert "over the 0.5 ms asked for" in error.value.message
    assert error.value.fix == "allow more time, or offer faster accelerators"


def test_the_time_to_first_token_that_is_asked_for_is_when_a_replica_is_added() -> None:
    (plan, *_) = plan_serving(architecture(), Demand(8192, 8, time_to_first_token_seconds=2.5), H100).plans
    assert plan.autoscaling.time_to_first_token_seconds == 2.5


def test_where_nothing_is_asked_a_replica_is_added_when_long_prompts_wait_for_more_than_their_computation() -> None:
    def threshold_seconds(prompt_tokens: int | None) -> float:
        plan = plan_serving(architecture(), Demand(131072, 2, prompt_tokens=prompt_tokens), OFFERED).plans[0]
        assert plan.speed is not None
        if prompt_tokens is not None:
            typical = plan.speed.time_to_first_token.optimistic_seconds
            assert plan.autoscaling.time_to_first_token_seconds > typical
        return plan.autoscaling.time_to_first_token_seconds

    assert threshold_seconds(2000) < threshold_seconds(8000) < threshold_seconds(None)


def test_a_longer_prompt_takes_longer_to_its_first_token() -> None:
    (short, *_) = plan_serving(architecture(), Demand(32768, 1, prompt_tokens=1024), H100).plans
    (long, *_) = plan_serving(architecture(), Demand(32768, 1, prompt_tokens=30000), H100).plans
    assert latencies(short)[0] < latencies(long)[0]


def test_replicas_are_dropped_no_sooner_than_they_could_be_back() -> None:
    for plan in plan_serving(architecture(), Demand(8192, 8), OFFERED).plans:
        window_seconds = plan.autoscaling.stabilization_seconds
        assert window_seconds == 3600 or window_seconds >= 2 * plan.load_seconds


@pytest.mark.parametrize(
    ("demand", "field"),
    [
        (Demand(8192, 1, time_to_first_token_seconds=0.0), "timeToFirstToken"),
        (Demand(8192, 1, time_per_output_token_seconds=-1.0), "timePerOutputToken"),
        (Demand(8192, 1, tokens_per_second=float("inf")), "tokensPerSecond"),
        (Demand(8192, 1, tokens_per_second=1e300), "tokensPerSecond"),
        (Demand(8192, 1, prompt_tokens=8192), "promptLength"),
        (Demand(8192, 1, prompt_tokens=0), "promptLength"),
    ],
)
def test_a_demand_that_means_nothing_names_its_field(demand: Demand, field: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        plan_serving(architecture(), demand, H100)
    assert error.value.field == field
