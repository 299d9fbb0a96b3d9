"""The memory budget of one accelerator, against observations on real machines."""

from dataclasses import replace

import pytest
from packaging.version import Version

from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.sizing.memory import memory_budget, request_capacity
from neuroscale.sizing.overhead import overhead_bytes
from tests.sizing.settings import GIBIBYTE, model, vllm


def test_the_cache_that_a_log_reported_for_gemma_4_lies_within_the_bounds() -> None:
    # vLLM 0.19 on an A100 with 80 GB at 0.9: "Available KV cache memory: 21.5 GiB".
    budget = memory_budget(
        model("google/gemma-4-26B-A4B"), vllm(version="0.19.0"), accelerator_by_name("a100-80gb-sxm")
    )
    assert budget.least_kv_cache_bytes is not None
    assert budget.most_kv_cache_bytes is not None
    assert budget.least_kv_cache_bytes <= 21.5 * GIBIBYTE <= budget.most_kv_cache_bytes
    assert budget.certainly_sufficient
    assert not budget.certainly_exceeded


def test_the_utilisation_follows_the_version_unless_it_is_given() -> None:
    architecture, accelerator = model("Qwen/Qwen3-8B"), accelerator_by_name("h100-80gb-sxm")
    assert memory_budget(architecture, vllm(version="0.19.0"), accelerator).gpu_memory_utilization == 0.9
    assert memory_budget(architecture, vllm(version="0.20.0"), accelerator).gpu_memory_utilization == 0.92
    given = memory_budget(architecture, vllm("--gpu-memory-utilization=0.5"), accelerator)
    assert given.usable_bytes == accelerator.memory_bytes // 2


def test_a_model_that_cannot_fit_is_certain_not_to() -> None:
    budget = memory_budget(model("deepseek-ai/DeepSeek-V3"), vllm("-tp=4"), accelerator_by_name("h100-80gb-sxm"))
    assert budget.certainly_exceeded


def test_between_the_bounds_nothing_is_certain() -> None:
    accelerator = replace(accelerator_by_name("l4"), memory_bytes=18 * GIBIBYTE)
    budget = memory_budget(model("meta-llama/Meta-Llama-3.1-8B"), vllm(), accelerator)
    assert not budget.certainly_exceeded
    assert not budget.certainly_sufficient


def test_a_fixed_cache_size_replaces_the_utilisation() -> None:
    budget = memory_budget(
        model("Qwen/Qwen3-8B"), vllm("--kv-cache-memory-bytes=4G"), accelerator_by_name("h100-80gb-sxm")
    )
    assert budget.gpu_memory_utilization == 1.0
    assert (budget.most_kv_cache_bytes, budget.least_kv_cache_bytes) == (4 * GIBIBYTE, 4 * GIBIBYTE)


def test_unknown_parameters_leave_the_cache_unknown() -> None:
    architecture = replace(model("Qwen/Qwen3-8B"), parameters=None)
    budget = memory_budget(architecture, vllm(), accelerator_by_name("l4"))
    assert budget.most_kv_cache_bytes is None
    assert not budget.certainly_exceeded
    assert not budget.certainly_sufficient
    assert request_capacity(architecture, vllm(), budget, 1024) is None


def test_the_requests_that_fit() -> None:
    architecture, settings = model("meta-llama/Meta-Llama-3.1-8B"), vllm("--kv-cache-memory-bytes=16G")
    budget = memory_budget(architecture, settings, accelerator_by_name("h100-80gb-sxm"))
    capacity = request_capacity(architecture, settings, budget, 8192)
    assert capacity is not None
    # 8192 tokens of 131 072 B are 1 GiB.
    assert (capacity.most_requests, capacity.least_requests) == (16, 16)


def test_nothing_fits_into_a_budget_that_is_exceeded() -> None:
    architecture, settings = model("deepseek-ai/DeepSeek-V3"), vllm("-tp=4")
    budget = memory_budget(architecture, settings, accelerator_by_name("h100-80gb-sxm"))
    capacity = request_capacity(architecture, settings, budget, 8192)
    assert capacity is not None
    assert (capacity.most_requests, capacity.least_requests) == (0, 0)


@pytest.mark.parametrize(
    ("fewer", "more"),
    [
        (("--enforce-eager",), ()),
        ((), ("-tp=2",)),
        ((), ("--max-num-batched-tokens=32768",)),
        ((), ("--all2all-backend=deepep_low_latency",)),
    ],
)
def test_what_adds_to_the_overhead(fewer: tuple[str, ...], more: tuple[str, ...]) -> None:
    architecture = model("Qwen/Qwen3-30B-A3B")
    least, most = overhead_bytes(architecture, vllm(*fewer)), overhead_bytes(architecture, vllm(*more))
    assert least.pessimistic_bytes < most.pessimistic_bytes
    assert least.optimistic_bytes <= least.pessimistic_bytes


def test_graphs_are_charged_to_the_budget_only_by_the_versions_that_do() -> None:
    architecture = model("Qwen/Qwen3-8B")
    before, after = vllm(version="0.19.0"), vllm(version="0.20.0")
    assert (
        overhead_bytes(architecture, before).pessimistic_bytes
        < overhead_bytes(architecture, after).pessimistic_bytes
    )
    unknown = replace(after, version=None)
    assert overhead_bytes(architecture, unknown) == overhead_bytes(architecture, after)
    assert Version("0.19.0") == before.version
