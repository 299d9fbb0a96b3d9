"""Mixtures with latent attention: copies of the cache for few requests that must be quick, none for many."""

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.sizing.memory import memory_budget, request_capacity

CONTEXT_TOKENS = 32768
H200 = accelerator_by_name("h200-141gb-sxm")


def deepseek() -> ModelArchitecture:
    """Return DeepSeek-R1, whose cache no tensor-parallel rank can hold a part of."""
    known = load_catalogue().find("deepseek-ai/DeepSeek-R1")
    assert known is not None
    return known


def plans(demand: Demand) -> tuple[ServingPlan, ...]:
    """Return the plans on eight H200."""
    return plan_serving(deepseek(), demand, (H200,)).plans


def test_few_requests_that_must_be_quick_are_computed_by_all_accelerators_together() -> None:
    best = plans(Demand(CONTEXT_TOKENS, 4, time_to_first_token_seconds=1))[0]
    assert (best.settings.tensor_parallel_size, best.settings.data_parallel_size) == (8, 1)
    assert best.shortfalls


def test_many_requests_get_ranks_with_a_cache_of_their_own() -> None:
    best = plans(Demand(CONTEXT_TOKENS, 64))[0]
    assert (best.settings.tensor_parallel_size, best.settings.data_parallel_size) == (1, 8)


def test_no_more_requests_run_beside_copies_than_fit_at_full_length() -> None:
    copied = [plan for plan in plans(Demand(CONTEXT_TOKENS, 4)) if plan.settings.tensor_parallel_size > 1]
    assert copied
    for plan in copied:
        budget = memory_budget(deepseek(), plan.settings, H200)
        capacity = request_capacity(deepseek(), plan.settings, budget, CONTEXT_TOKENS)
        assert capacity is not None
        assert plan.settings.maximum_sequences is not None
        assert plan.settings.maximum_sequences <= capacity.least_requests
