"""The drawing of a memory budget shows the figures of the plan, and nothing twice."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.pictures.bars import Bar
from neuroscale.planning.memory_picture import memory_drawing
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving

_GIBIBYTE = 1 << 30


def _plan_and_bar(repository: str, accelerator: str) -> tuple[ServingPlan, Bar]:
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    plan = plan_serving(architecture, Demand(8192, 8), (accelerator_by_name(accelerator),)).plans[0]
    drawing = memory_drawing((plan,), architecture)
    return plan, drawing.bars[0]


@pytest.mark.parametrize(
    ("repository", "accelerator"),
    [
        ("google/gemma-4-26B-A4B", "h100-80gb-sxm"),
        ("deepseek-ai/DeepSeek-V3", "h200-141gb-sxm"),
        ("Qwen/Qwen3-8B", "l40s"),
        ("openai/gpt-oss-20b", "l40s"),
    ],
)
def test_a_bar_is_as_long_as_the_memory_of_the_accelerator(repository: str, accelerator: str) -> None:
    plan, bar = _plan_and_bar(repository, accelerator)
    assert bar.amount * _GIBIBYTE == pytest.approx(plan.memory.accelerator_bytes)
    assert bar.mark is not None
    assert bar.mark.amount * _GIBIBYTE == pytest.approx(plan.memory.usable_bytes)


def test_the_experts_of_a_mixture_are_what_fills_the_accelerator() -> None:
    _, bar = _plan_and_bar("google/gemma-4-26B-A4B", "h100-80gb-sxm")
    largest = max(bar.segments, key=lambda segment: segment.amount)
    assert largest.name == "routed experts"


def test_a_dense_model_shows_no_experts() -> None:
    _, bar = _plan_and_bar("Qwen/Qwen3-8B", "l40s")
    assert not [segment.name for segment in bar.segments if "expert" in segment.name]


def test_the_cache_of_the_requests_is_told_apart_from_what_is_to_spare() -> None:
    plan, bar = _plan_and_bar("Qwen/Qwen3-8B", "l40s")
    amounts = {segment.name: segment.amount * _GIBIBYTE for segment in bar.segments}
    assert amounts["KV cache of the requests"] + amounts.get("spare KV cache", 0) == pytest.approx(
        plan.memory.kv_cache_bytes
    )


def test_one_of_the_requests_is_as_long_as_the_context() -> None:
    architecture = load_catalogue().find("meta-llama/Llama-3.3-70B-Instruct")
    assert architecture is not None
    asked = Demand(131072, 64, prompt_tokens=3000, answer_tokens=500)
    plan = plan_serving(architecture, asked, (accelerator_by_name("h100-80gb-sxm"),)).plans[0]
    (bar,) = memory_drawing((plan,), architecture).bars
    amounts = {segment.name: segment.amount * _GIBIBYTE for segment in bar.segments}
    assert amounts.get("spare KV cache", 0) < plan.memory.kv_cache_bytes_per_request
