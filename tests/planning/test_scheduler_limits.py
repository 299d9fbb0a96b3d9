"""Batches and running requests: the engine's defaults, unless lower limits spare accelerators or keep a latency."""

import math
from dataclasses import replace

import pytest
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.errors import NoPlanError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.plan import Demand, PlanningResult, ServingPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.planning.reasons import plan_reasons
from neuroscale.planning.scheduler_limits import (
    BATCHED_TOKENS,
    MAXIMUM_SEQUENCES,
    SchedulerLimits,
    default_batched_tokens,
    default_requests,
    with_limits,
)
from neuroscale.sizing.memory import memory_budget, request_capacity
from neuroscale.sizing.overhead import overhead_bytes

GEMMA, DEEPSEEK = "google/gemma-4-26B-A4B", "deepseek-ai/DeepSeek-R1"


def model(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    known = load_catalogue().find(repository)
    assert known is not None
    return known


def planned(repository: str, accelerator: str, demand: Demand) -> PlanningResult:
    """Return the plans on one kind of accelerator."""
    return plan_serving(model(repository), demand, [accelerator_by_name(accelerator)])


@pytest.mark.parametrize(
    ("repository", "accelerator"),
    [(GEMMA, "h100-80gb-sxm"), ("Qwen/Qwen3-32B", "h200-141gb-sxm"), ("Qwen/Qwen3-0.6B", "t4")],
)
def test_the_engine_keeps_its_defaults_where_the_demand_is_met_with_them(repository: str, accelerator: str) -> None:
    best = planned(repository, accelerator, Demand(8192, 4)).plans[0]
    assert not {BATCHED_TOKENS, MAXIMUM_SEQUENCES} & best.settings.options.keys()
    assert best.scheduler.running_requests_per_replica >= 256 > best.concurrent_requests_per_replica
    assert best.scheduler.running_limit == "engine default"


@pytest.mark.parametrize(
    ("repository", "accelerator", "demand"),
    [
        (DEEPSEEK, "h200-141gb-sxm", Demand(32768, 64)),
        ("deepseek-ai/DeepSeek-V3.2", "h200-141gb-sxm", Demand(131072, 16)),
        ("moonshotai/Kimi-K2-Instruct", "b200-180gb", Demand(131072, 16)),
        (GEMMA, "h100-80gb-sxm", Demand(32768, 16)),
    ],
)
def test_a_smaller_batch_spares_accelerators(repository: str, accelerator: str, demand: Demand) -> None:
    best = planned(repository, accelerator, demand).plans[0]
    assert best.minimum_replicas == 1
    assert best.accelerators_per_replica == (1 if repository == GEMMA else 8)
    assert int(best.settings.options[BATCHED_TOKENS]) == best.scheduler.batched_tokens
    assert best.scheduler.freed_by_batch_bytes > 0


def test_the_largest_batch_that_spares_them_is_taken() -> None:
    best = planned(DEEPSEEK, "h200-141gb-sxm", Demand(32768, 64)).plans[0]
    assert best.settings.options[BATCHED_TOKENS] == "4096"
    larger = dict(best.settings.options) | {BATCHED_TOKENS: "8192"}
    assert held(DEEPSEEK, best, larger) < 64 <= held(DEEPSEEK, best, dict(best.settings.options))


def held(repository: str, plan: ServingPlan, options: dict[str, str]) -> int:
    """Return the longest requests that a replica prudently holds with other options."""
    settings = replace(plan.settings, options=options)
    budget = memory_budget(model(repository), settings, plan.accelerator)
    capacity = request_capacity(model(repository), settings, budget, plan.context_length_tokens)
    assert capacity is not None
    return capacity.least_requests * settings.data_parallel_size


@pytest.mark.parametrize("accelerator", load_accelerators().values(), ids=lambda each: each.name)
def test_defaults_are_those_that_the_memory_is_sized_for(accelerator: Accelerator) -> None:
    # Without windows nothing hangs on how the engine names a device.
    architecture = model("Qwen/Qwen3-30B-A3B")
    by_default = EngineSettings("vllm", Version("0.33.0"))
    stated = with_limits(
        by_default, SchedulerLimits(default_batched_tokens(accelerator), default_requests(accelerator))
    )
    assert (
        overhead_bytes(architecture, stated, accelerator).pessimistic_bytes
        == overhead_bytes(architecture, by_default, accelerator).pessimistic_bytes
    )


def test_an_image_fits_a_batch() -> None:
    for plan in planned(GEMMA, "l40s", Demand(32768, 16)).plans:
        assert int(plan.settings.options.get(BATCHED_TOKENS, 4096)) >= 4096


def test_a_long_block_beside_recurrent_states_fits_a_batch() -> None:
    for kind in ("h100-80gb-sxm", "h200-141gb-sxm", "b200-180gb"):
        for plan in planned("Qwen/Qwen3-Next-80B-A3B-Instruct", kind, Demand(131072, 64)).plans:
            assert int(plan.settings.options.get(BATCHED_TOKENS, 8192)) >= 8192


def test_a_limit_on_requests_is_round_and_holds_what_is_promised() -> None:
    for repository in (GEMMA, DEEPSEEK, "openai/gpt-oss-20b", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-0.6B"):
        for kind in ("l4", "h100-80gb-sxm", "h200-141gb-sxm"):
            for requests in (1, 64):
                for plan in plans_or_none(repository, kind, Demand(16384, requests)):
                    limit = plan.settings.maximum_sequences
                    ranks = plan.settings.data_parallel_size
                    assert limit is None or math.log2(limit).is_integer()
                    assert limit is None or limit * ranks >= plan.concurrent_requests_per_replica
                    assert plan.scheduler.batched_tokens >= plan.scheduler.running_requests_per_replica / ranks


def plans_or_none(repository: str, kind: str, demand: Demand) -> tuple[ServingPlan, ...]:
    """Return the plans, none where the accelerator is too small."""
    try:
        return planned(repository, kind, demand).plans
    except NoPlanError:
        return ()


def test_no_limit_below_the_engines_smallest_default_is_set_where_a_smaller_batch_spares_as_much() -> None:
    best = planned(GEMMA, "h100-80gb-sxm", Demand(32768, 16)).plans[0]
    assert best.settings.maximum_sequences == 256
    assert best.concurrent_requests_per_replica < 256


def test_a_latency_limits_the_requests_that_run_however_many_the_memory_holds() -> None:
    asked = Demand(8192, 8, time_per_output_token_seconds=0.03)
    for plan in planned(GEMMA, "h100-80gb-sxm", asked).plans:
        limit = plan.settings.maximum_sequences
        assert limit is not None
        assert f"{MAXIMUM_SEQUENCES}={limit}" in engine_arguments(plan.settings)
        assert plan.scheduler.running_requests_per_replica == limit * plan.settings.data_parallel_size
        assert plan.speed is not None
        assert plan.speed.running_requests == plan.concurrent_requests_per_replica


@pytest.mark.parametrize(
    ("demand", "words"),
    [
        (Demand(32768, 64), "Batches of 4096 tokens instead of 8192 leave"),
        (Demand(32768, 64), "At most 8192 requests run at once on a replica, however short: the engine's default"),
        (Demand(8192, 8, time_per_output_token_seconds=0.05), "so that each is as fast as was asked"),
    ],
)
def test_reasons_tell_what_the_limits_are_for(demand: Demand, words: str) -> None:
    best = planned(DEEPSEEK, "h200-141gb-sxm", demand).plans[0]
    assert any(words in reason for reason in plan_reasons(best, model(DEEPSEEK)))
