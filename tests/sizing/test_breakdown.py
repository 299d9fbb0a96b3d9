"""Weights by component and KV cache by layer kind add up to the sums that rules judge."""

from typing import get_args

import pytest

from neuroscale.sizing.bounds import ZERO_BYTES
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request, request_cache_by_layer_kind
from neuroscale.sizing.weights import RankComponent, weight_bytes_by_component, weight_bytes_per_accelerator
from tests.sizing.settings import GIBIBYTE, model, vllm

REPOSITORIES = (
    "Qwen/Qwen3-8B",
    "Qwen/Qwen3.5-35B-A3B",
    "deepseek-ai/DeepSeek-V3",
    "google/gemma-4-26B-A4B",
    "openai/gpt-oss-120b",
)


@pytest.mark.parametrize("repository", REPOSITORIES)
@pytest.mark.parametrize(
    "arguments",
    [(), ("-tp=8",), ("-dp=8", "-ep"), ("-pp=3",), ("--cpu-offload-gb=3",), ("--offload-group-size=8",)],
)
def test_the_components_add_up_to_the_weights(repository: str, arguments: tuple[str, ...]) -> None:
    components = weight_bytes_by_component(model(repository), vllm(*arguments))
    assert components is not None
    assert tuple(components) == get_args(RankComponent)
    assert sum(components.values(), ZERO_BYTES) == weight_bytes_per_accelerator(model(repository), vllm(*arguments))


def test_the_components_of_a_mixture_are_told_apart() -> None:
    components = weight_bytes_by_component(model("deepseek-ai/DeepSeek-V3"), vllm("-dp=8", "-ep"))
    assert components is not None
    counts = model("deepseek-ai/DeepSeek-V3").parameters
    assert counts is not None
    assert components["routed_experts"].optimistic_bytes == pytest.approx(counts.routed_experts / 8, rel=1e-3)
    assert components["embeddings_and_head"].optimistic_bytes == 2 * (counts.input_embedding + counts.output_head)
    assert components["towers"] == ZERO_BYTES


def test_offloading_lowers_the_largest_components_first() -> None:
    whole = weight_bytes_by_component(model("Qwen/Qwen3-30B-A3B"), vllm())
    offloaded = weight_bytes_by_component(model("Qwen/Qwen3-30B-A3B"), vllm("--cpu-offload-gb=5"))
    assert whole is not None
    assert offloaded is not None
    lowered = {name for name in whole if whole[name] != offloaded[name]}
    assert lowered == {"routed_experts"}
    moved = whole["routed_experts"].optimistic_bytes - offloaded["routed_experts"].optimistic_bytes
    assert moved == 5 * GIBIBYTE


@pytest.mark.parametrize("repository", REPOSITORIES)
@pytest.mark.parametrize("arguments", [(), ("-tp=8",), ("-pp=3",)])
def test_the_layer_kinds_add_up_to_a_request(repository: str, arguments: tuple[str, ...]) -> None:
    kinds = request_cache_by_layer_kind(model(repository), vllm(*arguments), 8192)
    assert kinds is not None
    assert sum(kind.layers for kind in kinds) == model(repository).layers
    total = sum((kind.bytes_per_request for kind in kinds), ZERO_BYTES)
    assert total == kv_cache_bytes_per_request(model(repository), vllm(*arguments), 8192)


def test_the_kinds_of_a_hybrid_are_told_apart() -> None:
    kinds = request_cache_by_layer_kind(model("google/gemma-4-26B-A4B"), vllm(), 32_768)
    assert kinds is not None
    optimistic = {kind.kind: (kind.layers, kind.bytes_per_request.optimistic_bytes) for kind in kinds}
    assert optimistic == {"sliding": (25, 1024 * 204_800), "full": (5, 32_768 * 20_480)}
