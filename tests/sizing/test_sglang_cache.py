"""The KV cache of SGLang: rows of a pool of tokens, cut over the ranks of one copy of the attention."""

import pytest

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request
from neuroscale.sizing.memory import memory_budget
from neuroscale.sizing.overhead import overhead_bytes
from tests.sizing.settings import GIBIBYTE, model, sglang

_QWEN_MOE, _DEEPSEEK, _GEMMA = "Qwen/Qwen3-235B-A22B", "deepseek-ai/DeepSeek-V3", "google/gemma-3-27b-it"
# 94 layers of 4 KV heads with keys and values of 128 elements of 2 bytes.
_QWEN_TOKEN = 94 * 4 * 2 * 128 * 2


def _cache(repository: str, *arguments: str, tokens: int = 1024) -> ByteBounds:
    request = kv_cache_bytes_per_request(model(repository), sglang(*arguments), tokens)
    assert request is not None
    return request


def _device(name: str) -> Accelerator:
    accelerator = accelerator_by_name(name)
    assert accelerator is not None
    return accelerator


def test_kv_heads_are_cut_over_the_tensor_parallel_group() -> None:
    assert _cache(_QWEN_MOE, "--tp-size=4") == ByteBounds(_QWEN_TOKEN // 4 * 1024, _QWEN_TOKEN // 4 * 1024)


def test_a_copy_of_the_attention_keeps_all_heads_of_its_requests() -> None:
    copied = _cache(_QWEN_MOE, "--tp-size=8", "--dp-size=8", "--enable-dp-attention")
    assert copied == ByteBounds(_QWEN_TOKEN * 1024, _QWEN_TOKEN * 1024)


def test_replicas_keep_what_one_of_them_keeps_alone() -> None:
    assert _cache(_QWEN_MOE, "--tp-size=4", "--dp-size=2") == _cache(_QWEN_MOE, "--tp-size=4")


def test_the_latent_row_is_whole_on_every_rank() -> None:
    row = 61 * 576 * 2 * 1024
    assert _cache(_DEEPSEEK, "--tp-size=8") == ByteBounds(row, row)


def test_decode_context_parallelism_deals_tokens_out() -> None:
    row = 61 * 576 * 2 * 1024 // 8
    assert _cache(_DEEPSEEK, "--tp-size=8", "--dcp-size=8") == ByteBounds(row, row)


def test_pages_are_filled_up_in_the_pessimistic_bound() -> None:
    assert _cache(_QWEN_MOE, "--page-size=1", tokens=65).pessimistic_bytes == _QWEN_TOKEN * 65
    assert _cache(_QWEN_MOE, "--page-size=64", tokens=65).pessimistic_bytes == _QWEN_TOKEN * 128
    assert _cache(_QWEN_MOE, "--page-size=64", tokens=65).optimistic_bytes == _QWEN_TOKEN * 65


def test_layers_with_a_window_keep_no_less_than_it_and_may_keep_every_token() -> None:
    long = _cache(_GEMMA, tokens=32768)
    # 62 layers of 16 KV heads with 128 elements each, 10 of which look at every token and 52 at 1024.
    token = 16 * 2 * 128 * 2
    assert long.optimistic_bytes == token * (10 * 32768 + 52 * 1024)
    assert long.pessimistic_bytes == token * 62 * 32768


@pytest.mark.parametrize("written", ["fp8_e4m3", "fp8_e5m2"])
def test_eight_bits_halve_the_cache(written: str) -> None:
    halved = _cache(_QWEN_MOE, f"--kv-cache-dtype={written}")
    assert halved == ByteBounds(_QWEN_TOKEN // 2 * 1024, _QWEN_TOKEN // 2 * 1024)


def test_the_engine_may_choose_eight_bits_where_an_indexer_chooses_entries() -> None:
    chosen, stated = (
        _cache("deepseek-ai/DeepSeek-V3.2", "--tp-size=8", *arguments)
        for arguments in ((), ("--kv-cache-dtype=bf16",))
    )
    assert chosen.optimistic_bytes < stated.optimistic_bytes * 0.6
    assert chosen.pessimistic_bytes == stated.pessimistic_bytes


def test_states_have_slots_for_what_the_prefix_cache_keeps() -> None:
    states = _cache("Qwen/Qwen3-Next-80B-A3B-Instruct", tokens=1)
    drafted = _cache("Qwen/Qwen3-Next-80B-A3B-Instruct", "--speculative-num-draft-tokens=5", tokens=1)
    assert states.pessimistic_bytes > 5 * states.optimistic_bytes / 2
    assert drafted.pessimistic_bytes > 1.5 * states.pessimistic_bytes


def test_activations_are_not_in_the_share_that_is_taken_for_weights_and_caches() -> None:
    single, several = (overhead_bytes(model(_DEEPSEEK), sglang(size)) for size in ("--tp-size=1", "--tp-size=8"))
    assert single.optimistic_bytes == several.optimistic_bytes == 0
    assert single.pessimistic_bytes < several.pessimistic_bytes < 3 * GIBIBYTE


def test_the_cache_is_what_the_static_share_leaves_beside_the_weights() -> None:
    device = _device("h100-80gb-sxm")
    budget = memory_budget(model("Qwen/Qwen3-8B"), sglang("--mem-fraction-static=0.8"), device)
    assert budget.weights is not None
    assert budget.most_kv_cache_bytes == int(device.memory_bytes * 0.8) - budget.weights.optimistic_bytes


@pytest.mark.parametrize(
    ("repository", "chosen"), [("Qwen/Qwen3-32B", 0.828), ("Qwen/Qwen3-8B", 0.874)], ids=["0.828", "0.874"]
)
def test_a_share_that_is_not_given_lies_between_the_bounds(repository: str, chosen: float) -> None:
    # What SGLang chose on H100 for these models by the reports of users.
    device = _device("h100-80gb-sxm")
    default = memory_budget(model(repository), sglang(), device)
    stated = memory_budget(model(repository), sglang(f"--mem-fraction-static={chosen}"), device)
    assert default.least_kv_cache_bytes is not None
    assert stated.least_kv_cache_bytes is not None
    assert stated.most_kv_cache_bytes is not None
    assert default.most_kv_cache_bytes is not None
    assert default.least_kv_cache_bytes < stated.least_kv_cache_bytes
    assert stated.most_kv_cache_bytes < default.most_kv_cache_bytes


@pytest.mark.parametrize(
    "repository",
    [
        _QWEN_MOE,
        _DEEPSEEK,
        _GEMMA,
        "Qwen/Qwen3-Next-80B-A3B-Instruct",
        "deepseek-ai/DeepSeek-V3.2",
        "openai/gpt-oss-20b",
    ],
)
@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--tp-size=8",),
        ("--tp-size=8", "--dp-size=4", "--enable-dp-attention"),
        ("--pp-size=3",),
        ("--tp-size=8", "--dcp-size=4"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("tokens", [1, 1000, 131072])
def test_the_bounds_are_in_order(repository: str, arguments: tuple[str, ...], tokens: int) -> None:
    request = _cache(repository, *arguments, tokens=tokens)
    assert 0 < request.optimistic_bytes <= request.pessimistic_bytes
