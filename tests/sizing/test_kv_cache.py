"""The KV cache of tokens and requests, against what is published for real models."""

from dataclasses import replace

import pytest

from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.kv_cache import (
    kv_cache_bytes_per_request,
    kv_cache_bytes_per_token,
    state_bytes_per_sequence,
)
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


def test_recurrent_layers_keep_a_constant_state() -> None:
    # Qwen3.5-35B-A3B: 30 delta nets with 32 heads of 128 x 128 and the last three inputs of 8192 channels each,
    # beside 10 full layers with 2 KV heads of 256 elements.
    state, cached = 30 * (32 * 128 * 128 + 3 * 8192), 10 * 2 * 512 * 2
    short = _request("Qwen/Qwen3.5-35B-A3B", 16)
    long = _request("Qwen/Qwen3.5-35B-A3B", 1600)
    assert (short.optimistic_bytes, long.optimistic_bytes) == (16 * cached + 2 * state, 1600 * cached + 2 * state)
    assert long.pessimistic_bytes > short.pessimistic_bytes >= 16 * cached + 4 * state
    bounds = state_bytes_per_sequence(model("Qwen/Qwen3.5-35B-A3B"))
    assert bounds == ByteBounds(2 * state, 30 * (4 * 32 * 128 * 128 + 2 * 3 * 8192))


def test_the_state_is_divided_by_tensor_parallelism() -> None:
    model_name = "Qwen/Qwen3.5-35B-A3B"
    assert _request(model_name, 1, "-tp=2").optimistic_bytes == _request(model_name, 1).optimistic_bytes // 2


def test_the_rows_of_incomplete_entries_are_whole_on_every_tensor_parallel_rank() -> None:
    # DeepSeek-V4-Flash: everything that it caches is one vector for all heads.
    model_name = "deepseek-ai/DeepSeek-V4-Flash"
    for tokens in (1, 4096):
        assert _request(model_name, tokens, "-tp=8") == _request(model_name, tokens)


def test_the_rows_of_incomplete_entries_have_32_bits() -> None:
    architecture = model("deepseek-ai/DeepSeek-V4-Flash")
    assert architecture.attention is not None
    elements = sum(group.layers * group.recurrent_state_elements for group in architecture.attention.groups)
    assert elements > 0
    assert state_bytes_per_sequence(architecture) == ByteBounds(4 * elements, 4 * elements)


def test_an_indexer_keeps_keys_of_its_own() -> None:
    sparse, dense = _request("deepseek-ai/DeepSeek-V3.2", 4096), _request("deepseek-ai/DeepSeek-V3", 4096)
    assert sparse.pessimistic_bytes - dense.pessimistic_bytes == 61 * 132 * 4096


@pytest.mark.parametrize(
    "arguments",
    [
        ("--attention-config.hisparse_config.top_k=2048",),
        ('--attention-config={"hisparse_config": {}}',),
        ('--kv-transfer-config={"kv_connector": "HiSparseConnector", "kv_role": "kv_both"}',),
    ],
    ids=["dotted", "attention", "connector"],
)
def test_entries_that_may_stay_on_the_host_are_not_certain_to_be_on_the_device(arguments: tuple[str, ...]) -> None:
    sparse, dense = "deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-V3"
    assert _request(sparse, 4096, *arguments).optimistic_bytes == 61 * 128 * 4096 // 2
    assert _request(dense, 4096, *arguments).optimistic_bytes == _request(dense, 4096).optimistic_bytes


def test_a_compressed_entry_stands_for_several_tokens() -> None:
    whole = model("Qwen/Qwen3-8B")
    assert whole.attention is not None
    groups = tuple(replace(group, tokens_per_entry=4) for group in whole.attention.groups)
    compressed = replace(whole, attention=replace(whole.attention, groups=groups))
    request = kv_cache_bytes_per_request(compressed, vllm(), 4096)
    assert request is not None
    assert request.optimistic_bytes == _request("Qwen/Qwen3-8B", 4096).optimistic_bytes // 4
    per_token = kv_cache_bytes_per_token(whole)
    assert per_token is not None
    assert kv_cache_bytes_per_token(compressed) == per_token // 4


def test_compressed_attention_keeps_its_newest_tokens_whole() -> None:
    whole = model("deepseek-ai/DeepSeek-V4-Flash")
    assert whole.attention is not None
    compressed = [group for group in whole.attention.groups if group.tokens_per_entry > 1]
    assert compressed
    bare = tuple(replace(group, window_tokens=None) for group in compressed)
    with_window = replace(whole, attention=replace(whole.attention, groups=tuple(compressed)))
    without = replace(whole, attention=replace(whole.attention, groups=bare))
    kept = kv_cache_bytes_per_request(with_window, vllm(), 65_536)
    entries = kv_cache_bytes_per_request(without, vllm(), 65_536)
    assert kept is not None
    assert entries is not None
    rows = sum(group.layers * group.key_elements_per_token * (group.window_tokens or 0) for group in compressed)
    assert kept.pessimistic_bytes - entries.pessimistic_bytes >= rows
    assert kept.optimistic_bytes == entries.optimistic_bytes


def test_unread_attention_has_no_cache() -> None:
    whole = model("Qwen/Qwen3-8B")
    assert whole.attention is not None
    for architecture in (
        replace(whole, attention=None),
        replace(whole, attention=replace(whole.attention, groups=())),
    ):
        assert kv_cache_bytes_per_token(architecture) is None
        assert kv_cache_bytes_per_request(architecture, vllm(), 1) is None
