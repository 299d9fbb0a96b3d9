"""Specification of what loading leaves in memory beside the weights."""

from dataclasses import replace

import pytest

from neuroscale.architecture.model import ContextLength, ModelArchitecture
from neuroscale.sizing.loading import (
    absorbed_projection_bytes,
    allocation_rest_bytes,
    drafting_bytes,
    rotary_cache_bytes,
)
from neuroscale.sizing.weights import weight_bytes_per_accelerator
from tests.sizing.settings import GIBIBYTE, model, vllm

# 128 elements of a head, all of them rotated.
DENSE = "Qwen/Qwen3-8B"
ROW = 128 * 2


def _with_context(context: ContextLength | None, name: str = DENSE) -> ModelArchitecture:
    return replace(model(name), context=context)


@pytest.mark.parametrize(
    ("context", "rows"),
    [
        (ContextLength(4096), 4096),
        (ContextLength(4096, "linear", 8.0), 8 * 4096),
        (ContextLength(4096, "llama3", 8.0, 512), 4096),
        (ContextLength(4096, "longrope", 32.0, 512), 4096 + 512),
        (ContextLength(4096, "mrope"), 4 * 4096),
    ],
    ids=["no scaling", "linear", "llama3", "longrope", "mrope"],
)
def test_the_rotary_table_has_a_row_for_every_position(context: ContextLength, rows: int) -> None:
    assert rotary_cache_bytes(_with_context(context)) == rows * ROW


def test_yarn_scales_the_positions_from_before_the_scaling_and_may_keep_32_bits() -> None:
    assert rotary_cache_bytes(_with_context(ContextLength(131_072, "yarn", 32.0, 4096))) == 131_072 * ROW * 2
    assert rotary_cache_bytes(_with_context(ContextLength(4096, "yarn", 4.0))) == 4 * 4096 * ROW * 2


def test_layers_with_a_window_have_a_table_without_the_scaling() -> None:
    # Gemma 3 4B: "rope_scaling" of its full layers is linear with factor 8; 0.56 GiB in a log of its loading.
    scaled = _with_context(ContextLength(131_072, "linear", 8.0), "google/gemma-3-4b-it")
    assert rotary_cache_bytes(scaled) == 9 * 131_072 * 256 * 2
    assert rotary_cache_bytes(scaled) == pytest.approx(0.56 * GIBIBYTE, rel=0.01)


def test_latent_attention_rotates_64_elements_of_a_head() -> None:
    assert rotary_cache_bytes(model("deepseek-ai/DeepSeek-V3")) == 163_840 * 64 * 4


def test_compressed_attention_has_a_table_with_and_one_without_scaling() -> None:
    assert rotary_cache_bytes(model("deepseek-ai/DeepSeek-V4-Flash")) == 2 * 1_048_576 * 64 * 4


def test_chunks_share_the_table_of_the_other_layers() -> None:
    scout = model("meta-llama/Llama-4-Scout-17B-16E-Instruct")
    assert rotary_cache_bytes(scout) == 10_485_760 * 128 * 2


def test_a_model_without_positions_or_attention_has_no_table() -> None:
    assert rotary_cache_bytes(_with_context(None)) == 0
    assert rotary_cache_bytes(replace(model(DENSE), attention=None)) == 0


def test_decoding_with_latent_attention_keeps_its_projections_absorbed() -> None:
    whole = absorbed_projection_bytes(model("deepseek-ai/DeepSeek-V3"), vllm())
    assert whole >= 61 * 128 * 512 * (128 + 128) * 2
    assert absorbed_projection_bytes(model("deepseek-ai/DeepSeek-V3"), vllm("-tp=8")) == whole // 8
    assert absorbed_projection_bytes(model(DENSE), vllm()) == 0


def test_draft_layers_are_loaded_with_speculative_decoding_alone() -> None:
    architecture = model("deepseek-ai/DeepSeek-V3")
    drafting = vllm('--speculative-config={"method": "mtp", "num_speculative_tokens": 1}')
    assert drafting_bytes(architecture, vllm()) == 0
    assert drafting_bytes(architecture, drafting) > 10 * GIBIBYTE
    assert drafting_bytes(model(DENSE), drafting) == 0


def test_rests_of_allocations_grow_with_the_layers_of_a_stage() -> None:
    dense, experts = model(DENSE), model("Qwen/Qwen3-30B-A3B")
    assert allocation_rest_bytes(dense, vllm()) == 36 * 4 * 2**20
    assert allocation_rest_bytes(dense, vllm("-pp=2")) == 18 * 4 * 2**20
    assert allocation_rest_bytes(experts, vllm()) == 48 * 6 * 2**20


def test_denials_do_not_rest_on_any_of_it() -> None:
    architecture = model("deepseek-ai/DeepSeek-V3")
    bare = replace(architecture, context=None)
    with_all, without = (weight_bytes_per_accelerator(each, vllm("-tp=8")) for each in (architecture, bare))
    assert with_all is not None
    assert without is not None
    assert with_all.optimistic_bytes == without.optimistic_bytes
    assert with_all.pessimistic_bytes > without.pessimistic_bytes
