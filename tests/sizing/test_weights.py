"""Weights per accelerator: the bounds hold what was observed, and sharding divides what it says."""

import math
from dataclasses import replace

import pytest

from neuroscale.architecture.model import ModelArchitecture, ParameterCounts
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.weights import weight_bytes_per_accelerator
from tests.sizing.settings import GIBIBYTE, model, vllm


def _weights(repository: str | ModelArchitecture, *arguments: str, version: str = "0.33.0") -> ByteBounds:
    architecture = model(repository) if isinstance(repository, str) else repository
    weights = weight_bytes_per_accelerator(architecture, vllm(*arguments, version=version))
    assert weights is not None
    return weights


def _counts(repository: str) -> ParameterCounts:
    counts = model(repository).parameters
    assert counts is not None
    return counts


@pytest.mark.parametrize(
    ("repository", "published_bytes"),
    [
        ("openai/gpt-oss-120b", 65.2e9),
        ("google/gemma-4-26B-A4B", 48.1 * GIBIBYTE),
        ("Qwen/Qwen3-30B-A3B", 30_532_122_624 * 2),
        ("moonshotai/Kimi-K2.5", 595e9),
    ],
)
def test_the_weights_of_a_whole_model_are_those_published(repository: str, published_bytes: float) -> None:
    weights = _weights(repository)
    assert weights.optimistic_bytes == pytest.approx(published_bytes, rel=0.002)
    assert weights.pessimistic_bytes >= weights.optimistic_bytes


def test_what_a_log_said_about_loading_gemma_4_lies_within_a_margin_of_two_percent() -> None:
    # "Model loading took 48.5 GiB" in the log of a user.
    weights = _weights("google/gemma-4-26B-A4B")
    assert weights.optimistic_bytes <= 48.5 * GIBIBYTE <= weights.pessimistic_bytes * 1.02


def test_experts_in_mxfp4_leave_everything_else_in_16_bits() -> None:
    counts = _counts("openai/gpt-oss-120b")
    expected = counts.routed_experts * 4.25 / 8 + (counts.total - counts.routed_experts - counts.router) * 2
    weights = _weights("openai/gpt-oss-120b").optimistic_bytes
    assert expected <= weights <= expected + counts.router * 2


def test_mxfp4_experts_are_padded_in_the_pessimistic_bound() -> None:
    # 2880 wide experts of a 2880 wide model become 2944 by 3072: 9 % more at one rank, 14 % at two.
    counts = _counts("openai/gpt-oss-120b")
    expert_bytes = counts.routed_experts * 4.25 / 8
    for ranks, growth in ((1, 1.09), (2, 1.138)):
        weights = _weights("openai/gpt-oss-120b", f"-tp={ranks}")
        assert weights.pessimistic_bytes - weights.optimistic_bytes >= expert_bytes / ranks * (growth - 1) * 0.99


def test_dense_weights_are_divided_by_tensor_parallel_size_and_not_by_data_parallel_size() -> None:
    whole = _weights("meta-llama/Meta-Llama-3.1-8B").optimistic_bytes
    assert _weights("meta-llama/Meta-Llama-3.1-8B", "-tp=4").optimistic_bytes == pytest.approx(whole / 4, rel=1e-3)
    assert _weights("meta-llama/Meta-Llama-3.1-8B", "-dp=4").optimistic_bytes == whole


@pytest.mark.parametrize("expert_parallel", [(), ("--enable-expert-parallel",)])
def test_routed_experts_are_divided_by_data_parallel_size_with_and_without_expert_parallelism(
    expert_parallel: tuple[str, ...],
) -> None:
    counts = _counts("Qwen/Qwen3-235B-A22B")
    rest = counts.total - counts.routed_experts
    expected = (counts.routed_experts / 8 + rest) * 2
    assert _weights("Qwen/Qwen3-235B-A22B", "-dp=8", *expert_parallel).optimistic_bytes == pytest.approx(expected)


def test_expert_parallelism_rounds_up_to_whole_experts() -> None:
    # 128 experts on 3 ranks: the fullest holds 43.
    counts = _counts("Qwen/Qwen3-30B-A3B")
    grown = _weights("Qwen/Qwen3-30B-A3B", "-dp=3", "-ep").optimistic_bytes
    even = _weights("Qwen/Qwen3-30B-A3B", "-dp=3").optimistic_bytes
    assert grown - even == pytest.approx(counts.routed_experts * (43 / 128 - 1 / 3) * 2, rel=1e-3)


def test_redundant_experts_are_counted() -> None:
    arguments = ("-dp=32", "-ep", "--enable-eplb")
    plain = _weights("deepseek-ai/DeepSeek-V3", *arguments)
    redundant = _weights("deepseek-ai/DeepSeek-V3", *arguments, "--eplb-config.num_redundant_experts", "32")
    # The engine's documentation gives about 2.4 GB for one redundant expert per rank.
    assert redundant.optimistic_bytes - plain.optimistic_bytes == pytest.approx(2.55e9, rel=0.08)


def test_pipeline_stages_divide_the_layers() -> None:
    whole = _weights("meta-llama/Meta-Llama-3.1-70B")
    staged = _weights("meta-llama/Meta-Llama-3.1-70B", "-pp=4")
    assert staged.optimistic_bytes == pytest.approx(whole.optimistic_bytes / 4)
    assert staged.optimistic_bytes < staged.pessimistic_bytes < whole.optimistic_bytes / 3


def test_the_parts_a_checkpoint_keeps_out_of_quantisation_count_in_full() -> None:
    counts = _counts("nvidia/Gemma-4-26B-A4B-NVFP4")
    weights = _weights("nvidia/Gemma-4-26B-A4B-NVFP4")
    experts = counts.routed_experts * 4.5 / 8
    assert weights.optimistic_bytes >= experts + (counts.attention + counts.dense_feed_forward) * 2
    assert weights.optimistic_bytes < counts.total * 2 * 0.5


def test_quantising_while_loading_leaves_the_embedding_alone() -> None:
    counts = _counts("Qwen/Qwen3-30B-A3B")
    weights = _weights("Qwen/Qwen3-30B-A3B", "--quantization=fp8_per_tensor")
    assert weights.optimistic_bytes == pytest.approx(counts.total + counts.input_embedding, rel=0.005)


def test_a_quantisation_that_is_not_known_is_bounded_from_below() -> None:
    weights = _weights("Qwen/Qwen3-8B", "--quantization=awq")
    counts = _counts("Qwen/Qwen3-8B")
    assert weights.optimistic_bytes < counts.total / 2
    assert weights.pessimistic_bytes >= counts.total * 2


def test_offloaded_weights_are_not_counted_on_the_device() -> None:
    whole = _weights("Qwen/Qwen3-32B").optimistic_bytes
    assert _weights("Qwen/Qwen3-32B", "--cpu-offload-gb=10").optimistic_bytes == whole - 10 * GIBIBYTE
    assert _weights("Qwen/Qwen3-32B", "--offload-group-size=8").optimistic_bytes == 0


def test_float32_doubles_the_weights() -> None:
    half = _weights("Qwen/Qwen3-8B").optimistic_bytes
    assert _weights("Qwen/Qwen3-8B", "--dtype=float32").optimistic_bytes == pytest.approx(2 * half)


def test_kv_heads_are_replicated_beyond_their_number() -> None:
    # Qwen3-30B-A3B has 4 KV heads of 128 in 48 layers of width 2048: at TP 8 every rank holds one whole head.
    weights = _weights("Qwen/Qwen3-30B-A3B", "-tp=8")
    replicated = 48 * 2 * 128 * 2048 * (4 - 4 / 2) // 4 * 2
    assert weights.pessimistic_bytes - weights.optimistic_bytes >= replicated


def test_unknown_parameters_have_no_weights() -> None:
    architecture = replace(model("Qwen/Qwen3-8B"), parameters=None)
    assert weight_bytes_per_accelerator(architecture, vllm()) is None


@pytest.mark.parametrize("repository", ["deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-8B", "openai/gpt-oss-20b"])
@pytest.mark.parametrize("tensor", [1, 2, 8])
@pytest.mark.parametrize("data", [1, 4])
@pytest.mark.parametrize("stages", [1, 3])
def test_the_bounds_are_in_order_and_the_ranks_hold_the_whole_model(
    repository: str, tensor: int, data: int, stages: int
) -> None:
    weights = _weights(repository, f"-tp={tensor}", f"-dp={data}", f"-pp={stages}")
    assert 0 < weights.optimistic_bytes <= weights.pessimistic_bytes
    whole = _weights(repository).optimistic_bytes
    assert math.ceil(weights.optimistic_bytes) * tensor * data * stages >= whole * 0.999
