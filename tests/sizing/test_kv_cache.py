"""The KV cache of tokens and requests, against what is published for real models."""

from dataclasses import replace

import pytest

from neuroscale.architecture.model import Attention, AttentionGroup
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request, kv_cache_bytes_per_token
from tests.sizing.settings import model, vllm


def _request(repository: str, tokens: int, *arguments: str) -> ByteBounds:
    request = kv_cache_bytes_per_request(model(repository), vllm(*arguments), tokens)
    assert request is not None
    return request


@pytest.mark.parametrize(
    ("repository", "bytes_per_token"),
    [
        ("deepseek-ai/DeepSeek-V3", 70_272),
        ("google/gemma-4-26B-A4B", 20_480),
        ("meta-llama/Meta-Llama-3.1-70B", 327_680),
        ("Qwen/Qwen3-30B-A3B", 98_304),
        ("Qwen/Qwen3-235B-A22B", 192_512),
    ],
)
def test_the_cache_of_one_token(repository: str, bytes_per_token: int) -> None:
    assert kv_cache_bytes_per_token(model(repository)) == bytes_per_token


def test_a_narrower_type_halves_the_cache() -> None:
    assert kv_cache_bytes_per_token(model("deepseek-ai/DeepSeek-V3"), bytes_per_element=1) == 70_272 // 2
    whole = _request("Qwen/Qwen3-8B", 4096)
    assert _request("Qwen/Qwen3-8B", 4096, "--kv-cache-dtype=fp8").optimistic_bytes == whole.optimistic_bytes // 2


def test_sliding_layers_stop_growing_at_their_window() -> None:
    # Five full layers keep 20 480 B of every token, 25 sliding ones 204 800 B of the last 1024.
    assert _request("google/gemma-4-26B-A4B", 512).optimistic_bytes == 512 * (20_480 + 204_800)
    assert _request("google/gemma-4-26B-A4B", 32_768).optimistic_bytes == 32_768 * 20_480 + 1024 * 204_800


def test_the_engine_reserves_the_batched_tokens_beside_the_window() -> None:
    tokens, batched, block = 32_768, 2048, 16
    request = _request("google/gemma-4-26B-A4B", tokens, f"--max-num-batched-tokens={batched}")
    reserved = -(-(1024 - 1 + batched + block) // block) * block
    assert request.pessimistic_bytes == tokens * 20_480 + reserved * 204_800


def test_without_the_hybrid_manager_sliding_layers_keep_every_token() -> None:
    request = _request("google/gemma-4-26B-A4B", 32_768, "--disable-hybrid-kv-cache-manager")
    assert request.pessimistic_bytes == 32_768 * (20_480 + 204_800)


def test_kv_heads_are_divided_until_one_is_left() -> None:
    # Four KV heads: TP 4 leaves one per rank, and so does TP 8.
    whole = _request("Qwen/Qwen3-30B-A3B", 4096).optimistic_bytes
    assert _request("Qwen/Qwen3-30B-A3B", 4096, "-tp=4").optimistic_bytes == whole // 4
    assert _request("Qwen/Qwen3-30B-A3B", 4096, "-tp=8").optimistic_bytes == whole // 4


def test_latent_attention_is_copied_to_every_tensor_parallel_rank() -> None:
    assert _request("deepseek-ai/DeepSeek-V3", 4096, "-tp=8") == _request("deepseek-ai/DeepSeek-V3", 4096)


def test_decode_context_parallelism_divides_the_tokens() -> None:
    whole = _request("deepseek-ai/DeepSeek-V3", 4096).optimistic_bytes
    assert _request("deepseek-ai/DeepSeek-V3", 4096, "-tp=8", "-dcp=8").optimistic_bytes == whole // 8


def test_pipeline_stages_divide_the_layers() -> None:
    staged = _request("Qwen/Qwen3-8B", 4096, "-pp=5")
    whole = _request("Qwen/Qwen3-8B", 4096)
    assert staged.optimistic_bytes == pytest.approx(whole.optimistic_bytes / 5, abs=1)
    assert staged.pessimistic_bytes == whole.pessimistic_bytes * 8 // 36


def test_tokens_fill_whole_blocks() -> None:
    assert _request("Qwen/Qwen3-8B", 1).pessimistic_bytes == 16 * _request("Qwen/Qwen3-8B", 1).optimistic_bytes


def test_linear_layers_keep_a_constant_state() -> None:
    attention = Attention(
        heads=16,
        kv_heads=2,
        head_dimension=256,
        groups=(AttentionGroup("full", 1, 2, 256, 256), AttentionGroup("linear", 3, 0, 0, 0)),
    )
    architecture = replace(model("Qwen/Qwen3-30B-A3B"), attention=attention, hidden_size=2048)
    short = kv_cache_bytes_per_request(architecture, vllm(), 16)
    long = kv_cache_bytes_per_request(architecture, vllm(), 1600)
    assert short is not None
    assert long is not None
    full_bytes = 2 * 512 * 2
    assert (short.optimistic_bytes, long.optimistic_bytes) == (16 * full_bytes, 1600 * full_bytes)
    state = short.pessimistic_bytes - short.optimistic_bytes
    assert state == long.pessimistic_bytes - long.optimistic_bytes
    # Three layers of 32 heads with a state of 128 by 128 in single precision, at the least.
    assert state >= 3 * 32 * 128 * 128 * 4


def test_unread_attention_has_no_cache() -> None:
    whole = model("Qwen/Qwen3-8B")
    assert whole.attention is not None
    for architecture in (
        replace(whole, attention=None),
        replace(whole, attention=replace(whole.attention, groups=())),
    ):
        assert kv_cache_bytes_per_token(architecture) is None
        assert kv_cache_bytes_per_request(architecture, vllm(), 1) is None
