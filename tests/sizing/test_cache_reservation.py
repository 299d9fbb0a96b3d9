"""What the engine sets aside for a request where layers of different kinds share its blocks."""

from dataclasses import replace

import pytest

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request
from tests.sizing.settings import model, vllm

GEMMA_4 = "google/gemma-4-26B-A4B"
GEMMA_3 = "google/gemma-3-27b-it"
QWEN_3_5 = "Qwen/Qwen3.5-35B-A3B"
SCOUT = "meta-llama/Llama-4-Scout-17B-16E-Instruct"


def _reserved(repository: str | ModelArchitecture, tokens: int, *arguments: str, version: str = "0.33.0") -> int:
    architecture = model(repository) if isinstance(repository, str) else repository
    request = kv_cache_bytes_per_request(architecture, vllm(*arguments, version=version), tokens)
    assert request is not None
    assert request.optimistic_bytes <= request.pessimistic_bytes
    return request.pessimistic_bytes


def test_blocks_have_equal_bytes_in_every_group() -> None:
    # Gemma 4 26B: 5 full layers of 4096 B per token and 25 sliding ones of 8192 B, so that a block of 16 tokens of
    # a sliding layer has the bytes of 32 tokens of a full one: 131 072. One group of full layers, five of sliding.
    block_bytes = 5 * 131_072
    full_blocks, sliding_blocks = 32_768 // 32, -(-(1023 + 2048) // 16) + 1
    reserved = _reserved(GEMMA_4, 32_768, "--max-num-batched-tokens=2048", version="0.24.0")
    assert reserved == block_bytes * (full_blocks + 5 * sliding_blocks)


def test_two_batches_are_in_flight_with_asynchronous_scheduling_since_0_26() -> None:
    arguments = ("--max-num-batched-tokens=2048",)
    one, two = (_reserved(GEMMA_4, 32_768, *arguments, version=version) for version in ("0.25.1", "0.26.0"))
    assert two - one == 25 * 131_072 * 2048 // 16
    assert _reserved(GEMMA_4, 32_768, *arguments, "--no-async-scheduling", version="0.26.0") == one


def test_groups_are_filled_up_with_empty_layers() -> None:
    # Gemma 3 27B: 10 full layers and 52 sliding ones, in groups of 10: 6 groups of sliding layers, 8 of them empty.
    page = 16 * 16 * 128 * 2 * 2
    blocks = 8192 // 16 + 6 * (8192 // 16 + 1)
    assert _reserved(GEMMA_3, 8192, "--max-num-batched-tokens=8192", version="0.19.0") == 10 * page * blocks


@pytest.mark.parametrize(("version", "groups"), [("0.11.2", 2), ("0.12.0", 2), ("0.18.1", 1), ("0.33.0", 1)])
def test_kinds_that_are_almost_as_frequent_make_one_group_each(version: str, groups: int) -> None:
    # 12 full layers and 16 sliding ones: 16 is fewer than 1.5 x 12, and not fewer than 1.25 x 12.
    whole = model("openai/gpt-oss-20b")
    assert whole.attention is not None
    layers = {"full": 12, "sliding": 16}
    shapes = tuple(replace(group, layers=layers[group.kind]) for group in whole.attention.groups)
    architecture = replace(whole, attention=replace(whole.attention, groups=shapes))
    page, per_group = 16 * 8 * 64 * 2 * 2, 16 if groups == 1 else 12
    batched = 2048 * (2 if version == "0.33.0" else 1)
    sliding_blocks = -(-min(8192, 127 + batched) // 16) + 1
    expected = page * per_group * (8192 // 16 + groups * sliding_blocks)
    assert _reserved(architecture, 8192, "--max-num-batched-tokens=2048", version=version) == expected


@pytest.mark.parametrize(
    ("arguments", "version"),
    [
        (("--disable-hybrid-kv-cache-manager",), "0.33.0"),
        (("--kv-transfer-config", '{"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both"}'), "0.33.0"),
        ((), "0.8.5"),
    ],
)
def test_windows_are_not_kept_apart_by_every_engine(arguments: tuple[str, ...], version: str) -> None:
    assert _reserved(GEMMA_4, 32_768, *arguments, version=version) == 32_768 * (20_480 + 204_800)


def test_chunked_layers_keep_their_chunk_since_0_14() -> None:
    arguments = ("--max-num-batched-tokens=2048",)
    # Llama 4 Scout: 12 full layers and 36 of chunks of 8192 tokens, 8 heads of 128 elements.
    per_layer_token = 8 * 128 * 2 * 2
    assert _reserved(SCOUT, 65_536, *arguments, version="0.12.0") == 48 * 65_536 * per_layer_token
    chunk = 8192 + 2048
    assert _reserved(SCOUT, 65_536, *arguments, version="0.24.0") == per_layer_token * (12 * 65_536 + 36 * chunk)


def test_states_take_whole_blocks_of_the_attention_layers() -> None:
    # A state of 32 x 128 x 128 elements in 32 bits and 3 x 8192 in 16 needs 1056 tokens of 2048 B, in sixteens.
    block_bytes = 10 * 1056 * 2048
    assert _reserved(QWEN_3_5, 1600) == block_bytes * (2 + 3 * 2)
    assert _reserved(QWEN_3_5, 1600, "--no-enable-prefix-caching") == block_bytes * (2 + 3)
    assert _reserved(QWEN_3_5, 1600, "--mamba-cache-mode=none", version="0.24.0") == block_bytes * (2 + 3)
    assert _reserved(QWEN_3_5, 1600, "--mamba-cache-mode=all", version="0.24.0") == block_bytes * (2 + 3 * 2)


def test_drafted_tokens_have_states_of_their_own() -> None:
    plain = _reserved(QWEN_3_5, 1600)
    drafting = _reserved(QWEN_3_5, 1600, "--speculative-config", '{"method": "mtp", "num_speculative_tokens": 2}')
    assert drafting - plain == 10 * 1056 * 2048 * 3 * 2


def test_a_narrower_state_has_shorter_blocks() -> None:
    wide, narrow = _reserved(QWEN_3_5, 1600), _reserved(QWEN_3_5, 1600, "--mamba-ssm-cache-dtype=bfloat16")
    assert narrow < wide


def test_states_are_divided_by_tensor_parallelism() -> None:
    assert _reserved(QWEN_3_5, 65_536, "-tp=2") == pytest.approx(_reserved(QWEN_3_5, 65_536) / 2, rel=0.01)
