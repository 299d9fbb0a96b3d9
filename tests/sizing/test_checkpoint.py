"""Stored bytes of checkpoints, against what their publishers state."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.checkpoint import checkpoint_bytes, checkpoint_bytes_by_component
from tests.sizing.settings import GIBIBYTE, model

MODELS = load_catalogue().repositories()


def _bytes(repository: str) -> ByteBounds:
    stored = checkpoint_bytes(model(repository))
    assert stored is not None
    return stored


@pytest.mark.parametrize(
    ("repository", "published_gibibytes"),
    [
        # OpenAI, gpt-oss model card, https://arxiv.org/abs/2508.10925, table 1: checkpoint sizes.
        ("openai/gpt-oss-120b", 60.8),
        ("openai/gpt-oss-20b", 12.8),
    ],
)
def test_stored_bytes_are_those_that_the_publisher_states(repository: str, published_gibibytes: float) -> None:
    stored = _bytes(repository)
    assert stored.optimistic_bytes / GIBIBYTE == pytest.approx(published_gibibytes, rel=0.01)


def test_a_checkpoint_that_is_not_quantised_has_two_bytes_per_parameter() -> None:
    llama = model("meta-llama/Meta-Llama-3.1-8B")
    assert llama.parameters is not None
    assert _bytes("meta-llama/Meta-Llama-3.1-8B") == ByteBounds(*[2 * llama.parameters.total] * 2)


def test_fp8_blocks_carry_a_scale_each_and_leave_the_embeddings_alone() -> None:
    # DeepSeek-V3: 128 x 128 weights share four bytes; embedding and head have 129280 x 7168 weights of two bytes.
    components = checkpoint_bytes_by_component(model("deepseek-ai/DeepSeek-V3"))
    parameters = model("deepseek-ai/DeepSeek-V3").parameters
    assert components is not None
    assert parameters is not None
    routed = parameters.routed_experts * (1 + 4 / (128 * 128))
    assert components["routed_experts"].optimistic_bytes == pytest.approx(routed, abs=1)
    assert components["input_embedding"] == components["output_head"] == ByteBounds(*[2 * 129_280 * 7168] * 2)


def test_attention_that_keeps_its_precision_in_part_is_counted_by_its_modules() -> None:
    # NVFP4 release of DeepSeek-V3.1: only the output projection of attention has 4.5 bits.
    components = checkpoint_bytes_by_component(model("nvidia/DeepSeek-V3.1-NVFP4"))
    assert components is not None
    hidden, heads, layers = 7168, 128, 61
    output = heads * 128 * hidden
    others = hidden * 1536 + 1536 * heads * 192 + hidden * 576 + 512 * heads * 256
    expected = layers * (output * 4.5 + others * 16) / 8
    assert components["attention"].optimistic_bytes == pytest.approx(expected, rel=1e-6)
    assert components["attention"].pessimistic_bytes == pytest.approx(expected, rel=1e-6)


def test_experts_in_four_bits_stand_beside_attention_in_eight() -> None:
    components = checkpoint_bytes_by_component(model("deepseek-ai/DeepSeek-V4-Flash"))
    parameters = model("deepseek-ai/DeepSeek-V4-Flash").parameters
    assert components is not None
    assert parameters is not None
    assert components["routed_experts"].optimistic_bytes == parameters.routed_experts * 4.25 / 8
    assert components["attention"].optimistic_bytes == pytest.approx(parameters.attention, rel=0.02)


@pytest.mark.parametrize("repository", MODELS)
def test_bounds_are_ordered_and_close_where_the_format_is_known(repository: str) -> None:
    architecture = model(repository)
    stored = checkpoint_bytes(architecture)
    if architecture.parameters is None:
        assert stored is None
        return
    assert stored is not None
    assert 0 < stored.optimistic_bytes <= stored.pessimistic_bytes <= 4 * architecture.parameters.total
    assert stored.pessimistic_bytes <= 1.35 * stored.optimistic_bytes
