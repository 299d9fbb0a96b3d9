"""Weights per accelerator of SGLang: replicas, copies of attention and groups of experts inside one TP group."""

from dataclasses import replace

import pytest

from neuroscale.architecture.model import ParameterCounts
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.weights import weight_bytes_by_component, weight_bytes_per_accelerator
from tests.sizing.settings import model, sglang

_QWEN_MOE, _DEEPSEEK, _LLAMA = "Qwen/Qwen3-235B-A22B", "deepseek-ai/DeepSeek-V3", "meta-llama/Meta-Llama-3.1-8B"


def _weights(repository: str, *arguments: str, version: str = "0.5.23") -> ByteBounds:
    weights = weight_bytes_per_accelerator(model(repository), sglang(*arguments, version=version))
    assert weights is not None
    return weights


def _component(repository: str, name: str, *arguments: str, version: str = "0.5.23") -> ByteBounds:
    components = weight_bytes_by_component(model(repository), sglang(*arguments, version=version))
    assert components is not None
    return components[name]  # type: ignore[index]


def _counts(repository: str) -> ParameterCounts:
    counts = model(repository).parameters
    assert counts is not None
    return counts


@pytest.mark.parametrize("repository", [_QWEN_MOE, _LLAMA])
def test_data_parallel_replicas_hold_a_whole_model_each(repository: str) -> None:
    assert _weights(repository, "--tp-size=2", "--dp-size=4") == _weights(repository, "--tp-size=2")


@pytest.mark.parametrize("arguments", [(), ("--ep-size=8",), ("--ep-size=4",), ("--moe-a2a-backend=deepep",)])
def test_routed_experts_are_divided_by_the_tensor_parallel_group_however_they_are_grouped(
    arguments: tuple[str, ...],
) -> None:
    experts = _component(_QWEN_MOE, "routed_experts", "--tp-size=8", *arguments)
    assert experts.optimistic_bytes == _counts(_QWEN_MOE).routed_experts * 2 // 8
    assert experts.pessimistic_bytes == pytest.approx(experts.optimistic_bytes)


def test_copies_of_the_attention_hold_all_of_it_and_their_part_of_the_experts() -> None:
    counts = _counts(_QWEN_MOE)
    copied = ("--tp-size=8", "--dp-size=8", "--enable-dp-attention")
    attention = _component(_QWEN_MOE, "attention", *copied)
    assert attention.optimistic_bytes == counts.attention * 2
    assert attention.pessimistic_bytes == counts.attention * 2
    assert _component(_QWEN_MOE, "routed_experts", *copied) == _component(
        _QWEN_MOE, "routed_experts", "--tp-size=8"
    )


def test_fewer_copies_than_ranks_cut_the_attention_among_those_of_each() -> None:
    attention = _component(_QWEN_MOE, "attention", "--tp-size=8", "--dp-size=4", "--enable-dp-attention")
    assert attention.optimistic_bytes == _counts(_QWEN_MOE).attention * 2 // 2


def test_copies_of_a_class_that_is_not_known_to_have_them_are_not_certain() -> None:
    attention = _component(_LLAMA, "attention", "--tp-size=8", "--dp-size=8", "--enable-dp-attention")
    assert attention.optimistic_bytes == _counts(_LLAMA).attention * 2 // 8
    assert attention.pessimistic_bytes >= _counts(_LLAMA).attention * 2


def test_copies_are_certain_from_the_release_in_which_a_class_has_them() -> None:
    arguments = ("--tp-size=8", "--dp-size=8", "--enable-dp-attention")
    before, since = (
        _component("Qwen/Qwen3-8B", "attention", *arguments, version=version)
        for version in ("0.4.7.post1", "0.5.2")
    )
    whole = _counts("Qwen/Qwen3-8B").attention * 2
    assert (before.optimistic_bytes, since.optimistic_bytes) == (whole // 8, whole)


def test_parts_of_the_context_are_counted_as_copies_in_the_pessimistic_bound_alone() -> None:
    attention = _component(_QWEN_MOE, "attention", "--tp-size=8", "--attn-cp-size=8")
    assert attention.optimistic_bytes == _counts(_QWEN_MOE).attention * 2 // 8
    assert attention.pessimistic_bytes == _counts(_QWEN_MOE).attention * 2


def test_redundant_experts_are_expected_and_not_certain() -> None:
    spread = ("--tp-size=32", "--ep-size=32")
    plain = _component(_DEEPSEEK, "routed_experts", *spread)
    redundant = _component(_DEEPSEEK, "routed_experts", *spread, "--ep-num-redundant-experts=32")
    assert redundant.optimistic_bytes == plain.optimistic_bytes
    assert redundant.pessimistic_bytes == pytest.approx(plain.pessimistic_bytes * 9 / 8)


def test_copies_of_the_experts_hold_more_of_them() -> None:
    once, twice = (
        _component(_QWEN_MOE, "routed_experts", "--tp-size=8", "--ep-size=4", *copies)
        for copies in ((), ("--moe-dp-size=2",))
    )
    assert twice.optimistic_bytes == pytest.approx(2 * once.optimistic_bytes)
    assert twice.pessimistic_bytes == pytest.approx(2 * once.pessimistic_bytes)


@pytest.mark.parametrize(
    "arguments", [("--ep-size=8",), ("--moe-a2a-backend=deepep",), ("--dp-size=8", "--enable-dp-attention")]
)
def test_shared_experts_may_be_whole_on_every_rank_where_experts_are_spread(arguments: tuple[str, ...]) -> None:
    cut = _component(_DEEPSEEK, "shared_experts", "--tp-size=8")
    spread = _component(_DEEPSEEK, "shared_experts", "--tp-size=8", *arguments)
    assert spread.optimistic_bytes == cut.optimistic_bytes
    assert spread.pessimistic_bytes == pytest.approx(8 * cut.pessimistic_bytes)


def test_dense_layers_may_be_whole_where_they_have_a_tensor_parallel_size_of_their_own() -> None:
    cut = _component(_DEEPSEEK, "dense_feed_forward", "--tp-size=8")
    own = _component(_DEEPSEEK, "dense_feed_forward", "--tp-size=8", "--moe-dense-tp-size=1")
    assert own.optimistic_bytes == cut.optimistic_bytes
    assert own.pessimistic_bytes == pytest.approx(8 * cut.pessimistic_bytes)


def test_the_embedding_may_be_whole_beside_copies_of_the_attention() -> None:
    counts = _counts(_DEEPSEEK)
    both = _component(
        _DEEPSEEK,
        "embeddings_and_head",
        "--tp-size=8",
        "--dp-size=8",
        "--enable-dp-attention",
        "--enable-dp-lm-head",
    )
    assert both.optimistic_bytes == pytest.approx((counts.input_embedding + counts.output_head) * 2 / 8, rel=1e-6)
    assert both.pessimistic_bytes >= (counts.input_embedding + counts.output_head) * 2


@pytest.mark.parametrize(
    "option",
    ["--kt-num-gpu-experts=8", "--encoder-only", "--offload-group-size=4", "--elastic-ep-backend=mooncake"],
)
def test_nothing_is_certain_of_weights_that_may_be_elsewhere(option: str) -> None:
    assert _weights(_DEEPSEEK, "--tp-size=8", option).optimistic_bytes == 0
    assert _weights(_DEEPSEEK, "--tp-size=8", option).pessimistic_bytes > 0


def test_towers_are_certain_only_where_images_are_asked_for() -> None:
    by_default, asked_for, refused = (
        _component("google/gemma-3-4b-it", "towers", *arguments).optimistic_bytes
        for arguments in ((), ("--enable-multimodal",), ("--enable-multimodal", "--language-only"))
    )
    assert by_default == refused == 0
    assert asked_for == _counts("google/gemma-3-4b-it").vision_tower * 2


@pytest.mark.parametrize("repository", [_QWEN_MOE, _DEEPSEEK, _LLAMA, "openai/gpt-oss-20b"])
@pytest.mark.parametrize("tensor", [1, 4, 8])
@pytest.mark.parametrize("copies", [1, 2, 8])
@pytest.mark.parametrize("groups", [None, 2, 8])
@pytest.mark.parametrize("stages", [1, 3])
def test_the_bounds_are_in_order_and_the_ranks_hold_the_whole_model(
    repository: str, tensor: int, copies: int, groups: int | None, stages: int
) -> None:
    settings = EngineSettings(
        "sglang",
        tensor_parallel_size=tensor,
        attention_data_parallel_size=copies,
        expert_parallel_size=groups,
        enable_expert_parallel=bool(groups),
        pipeline_parallel_size=stages,
    )
    weights = weight_bytes_per_accelerator(model(repository), settings)
    whole = weight_bytes_per_accelerator(
        model(repository), replace(settings, tensor_parallel_size=1, pipeline_parallel_size=1)
    )
    assert weights is not None
    assert whole is not None
    assert 0 < weights.optimistic_bytes <= weights.pessimistic_bytes
    assert weights.optimistic_bytes * tensor * stages >= whole.optimistic_bytes * 0.999
