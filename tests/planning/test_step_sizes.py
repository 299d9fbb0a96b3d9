"""How many tokens a step may compute: as few as leave memory to requests, where the engine's default would not."""

from dataclasses import replace

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.planning.plan import Demand, PlanningResult
from neuroscale.planning.planner import plan_serving
from neuroscale.planning.reasons import plan_reasons
from neuroscale.sizing.overhead import overhead_bytes

STEP = "--max-num-batched-tokens"
GIBIBYTE = 1 << 30


def model(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    known = load_catalogue().find(repository)
    assert known is not None
    return known


def planned(repository: str, accelerator: str, demand: Demand) -> PlanningResult:
    """Return the plans on one kind of accelerator."""
    return plan_serving(model(repository), demand, [accelerator_by_name(accelerator)])


def test_data_parallel_ranks_compute_short_steps_as_each_gathers_the_tokens_of_all() -> None:
    best = planned("deepseek-ai/DeepSeek-R1", "h200-141gb-sxm", Demand(32768, 64)).plans[0]
    assert best.settings.data_parallel_size == 8
    assert best.settings.options[STEP] == "2048"
    assert (best.minimum_replicas, best.accelerators_per_replica) == (1, 8)

    options = {name: value for name, value in best.settings.options.items() if name != STEP}
    by_default = overhead_bytes(
        model("deepseek-ai/DeepSeek-R1"), replace(best.settings, options=options), best.accelerator
    )
    assert by_default.pessimistic_bytes - best.memory.overhead_bytes > 10 * GIBIBYTE


@pytest.mark.parametrize("repository", ["deepseek-ai/DeepSeek-V3.2", "moonshotai/Kimi-K2-Instruct"])
def test_models_that_their_publishers_serve_on_one_node_are_planned_for_one(repository: str) -> None:
    kind = "b200-180gb" if "Kimi" in repository else "h200-141gb-sxm"
    best = planned(repository, kind, Demand(131072, 16)).plans[0]
    assert best.minimum_replicas * best.accelerators_per_replica == 8


def test_more_ranks_compute_shorter_steps_down_to_one_that_computes_prompts_well() -> None:
    steps = {
        plan.settings.data_parallel_size: plan.settings.options.get(STEP)
        for kind in ("h100-80gb-sxm", "h200-141gb-sxm", "b200-180gb")
        for plan in planned("Qwen/Qwen3-Next-80B-A3B-Instruct", kind, Demand(131072, 16)).plans
    }
    assert steps.items() >= {1: None, 2: "4096", 4: "2048"}.items()


def test_a_step_is_stated_where_windows_keep_what_it_computes() -> None:
    best = planned("google/gemma-4-26B-A4B", "h100-80gb-sxm", Demand(32768, 16)).plans[0]
    assert best.settings.options[STEP] == "8192"
    assert best.accelerators_per_replica == 1
    small = planned("google/gemma-4-26B-A4B", "l40s", Demand(32768, 16)).plans[0]
    assert small.settings.options[STEP] == "2048"


@pytest.mark.parametrize("repository", ["Qwen/Qwen3-32B", "mistralai/Mixtral-8x7B-Instruct-v0.1"])
def test_the_engine_keeps_its_default_where_nothing_hangs_on_it(repository: str) -> None:
    for plan in planned(repository, "h100-80gb-sxm", Demand(32768, 8)).plans:
        assert plan.settings.data_parallel_size > 1 or STEP not in plan.settings.options


def test_a_step_holds_a_token_of_every_request() -> None:
    for repository in ("google/gemma-4-26B-A4B", "openai/gpt-oss-20b", "Qwen/Qwen3-30B-A3B"):
        for plan in planned(repository, "h200-141gb-sxm", Demand(2048, 64)).plans:
            step = plan.settings.options.get(STEP)
            assert (
                step is None or int(step) >= plan.concurrent_requests_per_replica / plan.settings.data_parallel_size
            )


def test_a_reason_tells_what_a_stated_step_is_for() -> None:
    best = planned("deepseek-ai/DeepSeek-R1", "h200-141gb-sxm", Demand(32768, 64)).plans[0]
    reasons = plan_reasons(best, model("deepseek-ai/DeepSeek-R1"))
    assert any("at most 2048 tokens" in reason for reason in reasons)
