"""Specification of what is reserved for a request where cached entries stand for several tokens.

DeepSeek-V4-Flash has 43 layers: 2 with a window alone, 21 whose entries stand for 4 tokens and 20 for 128.
"""

from dataclasses import replace

import pytest

from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.compressed_reservation import packed_bytes
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_further_request, kv_cache_bytes_per_request
from tests.sizing.settings import GIBIBYTE, model, vllm

FLASH = "deepseek-ai/DeepSeek-V4-Flash"
# Pages of 64 entries of 584 bytes, of 64 keys of 132 and of 2 entries of 584, each a multiple of 576 bytes.
PAGES = 65 * 576 + 15 * 576 + 3 * 576
# 43 layers with a window make two groups of 22, with one empty layer, as 21 make one.
BLOCK = 22 * PAGES
EIGHT_BITS = ("--kv-cache-dtype=fp8", "--block-size=256")


def _reserved(tokens: int, *arguments: str, version: str = "0.22.1") -> int:
    attention = model(FLASH).attention
    assert attention is not None
    reserved = packed_bytes(attention.groups, _settings(*arguments, version=version), tokens, 1)
    assert reserved is not None
    return sum(reserved.values())


def _settings(*arguments: str, version: str) -> EngineSettings:
    return vllm(*EIGHT_BITS, *arguments, version=version)


def test_entries_newest_tokens_and_rows_that_wait_share_blocks_of_equal_bytes() -> None:
    entries = 118
    newest = 2 * (-(-(127 + 16384) // 64) + 1)
    rows_of_4 = -(-(7 + 16384) // 4) + 1
    rows_of_128 = -(-(127 + 16384) // 8) + 1
    assert _reserved(30_000) == (entries + newest + rows_of_4 + rows_of_128) * BLOCK
    assert _reserved(30_000) == pytest.approx(6.66 * GIBIBYTE, rel=1e-3)


def test_windows_reserve_no_more_than_the_request_has() -> None:
    assert _reserved(1) == (1 + 2 * 2 + 2 + 2) * BLOCK


def test_every_batch_in_flight_is_reserved() -> None:
    long = 200_000
    one, two = (
        _reserved(long, "--max-num-batched-tokens=8192", version=version) for version in ("0.22.1", "0.26.0")
    )
    assert two - one == (8192 // 4 + 8192 // 8 + 2 * 8192 // 64) * BLOCK


def test_a_further_request_shares_the_batch_in_flight() -> None:
    settings = _settings("--max-num-batched-tokens=8192", version="0.33.0")
    first = kv_cache_bytes_per_request(model(FLASH), settings, 100_000)
    further = kv_cache_bytes_per_further_request(model(FLASH), settings, 100_000)
    assert first is not None
    assert further is not None
    assert further.pessimistic_bytes < first.pessimistic_bytes / 5
    assert further.optimistic_bytes == first.optimistic_bytes


@pytest.mark.parametrize("name", [FLASH, "deepseek-ai/DeepSeek-V4-Pro"])
@pytest.mark.parametrize("tokens", [1, 127, 4096, 1_048_576])
@pytest.mark.parametrize(
    "arguments",
    [(), ("-tp=8",), ("-pp=4",), ("--kv-cache-dtype=fp8", "--block-size=64"), ("-tp=8", "-dcp=8")],
    ids=" ".join,
)
def test_the_bounds_are_in_order(name: str, tokens: int, arguments: tuple[str, ...]) -> None:
    request = kv_cache_bytes_per_request(model(name), vllm(*arguments), tokens)
    assert request is not None
    assert 0 < request.optimistic_bytes <= request.pessimistic_bytes


def test_context_parallelism_divides_the_entries_and_no_window() -> None:
    tokens = 1_048_576
    divided = _reserved(tokens, "-tp=8", "-dcp=8")
    assert _reserved(tokens, "-tp=8") - divided == tokens // 256 * 7 // 8 * BLOCK


def test_other_rows_beside_entries_are_not_taken_for_windows_of_runs() -> None:
    attention = model(FLASH).attention
    assert attention is not None
    other = tuple(
        replace(group, recurrent_state_elements=group.recurrent_state_elements // 2) for group in attention.groups
    )
    assert packed_bytes(other, vllm(), 4096, 1) is None
    plain = model("deepseek-ai/DeepSeek-V3").attention
    assert plain is not None
    assert packed_bytes(plain.groups, vllm(), 4096, 1) is None
