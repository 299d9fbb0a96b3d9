"""Block-wise FP8 under a cut, by version: the worked examples of models that people serve."""

from dataclasses import replace

import pytest
from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture, Quantization
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.divisibility import fp8_outcomes
from neuroscale.rules.fp8_blocks import BlockOutcome
from tests.rules.objects import shipped

BLOCKS = Quantization("fp8", 8.0, weight_block_size=(128, 128))


def in_fp8_blocks(repository: str) -> ModelArchitecture:
    """Return a shipped model as its block-wise FP8 checkpoint."""
    return replace(shipped(repository), quantization=BLOCKS)


def outcomes(
    architecture: ModelArchitecture, version: str | None, **sizes: int | bool | str
) -> tuple[BlockOutcome, ...]:
    """Return the outcomes under these sizes."""
    engine = EngineSettings("vllm", None if version is None else Version(version))
    return fp8_outcomes(architecture, replace(engine, **sizes))  # type: ignore[arg-type]


def kinds(architecture: ModelArchitecture, version: str | None, **sizes: int | bool | str) -> list[tuple[str, str]]:
    """Return part and kind of each outcome."""
    return [(outcome.part, outcome.kind) for outcome in outcomes(architecture, version, **sizes)]


@pytest.mark.parametrize("ways", [1, 2, 4])
def test_gemma_4_26b_is_refused_at_every_cut_up_to_0_30(ways: int) -> None:
    gemma = in_fp8_blocks("google/gemma-4-26B-A4B")
    assert kinds(gemma, "0.28.0", data_parallel_size=ways) == [("routed experts", "refused")]


@pytest.mark.parametrize(("ways", "kind", "divisor"), [(1, "refined", 64), (2, "refined", 32), (4, "refused", 16)])
def test_gemma_4_26b_from_0_31_depends_on_the_common_divisor(ways: int, kind: str, divisor: int) -> None:
    (outcome,) = outcomes(in_fp8_blocks("google/gemma-4-26B-A4B"), "0.29.0", data_parallel_size=ways)
    assert (outcome.kind, outcome.common_divisor) == (kind, divisor)


@pytest.mark.parametrize(("ways", "refused"), [(1, False), (2, False), (4, True), (8, True)])
def test_qwen3_30b_starts_up_to_two_ways_up_to_0_30(ways: int, refused: bool) -> None:
    expected = [("routed experts", "refused")] if refused else []
    assert kinds(shipped("Qwen/Qwen3-30B-A3B-FP8"), "0.28.0", tensor_parallel_size=ways) == expected


@pytest.mark.parametrize("repository", ["Qwen/Qwen3-235B-A22B-FP8", "MiniMaxAI/MiniMax-M2.5"])
@pytest.mark.parametrize(("ways", "refused"), [(4, False), (8, True)])
def test_experts_of_1536_start_up_to_four_ways_up_to_0_30(repository: str, ways: int, refused: bool) -> None:
    expected = [("routed experts", "refused")] if refused else []
    assert kinds(shipped(repository), "0.28.0", tensor_parallel_size=ways) == expected


def test_expert_parallelism_keeps_experts_whole() -> None:
    whole = kinds(
        shipped("Qwen/Qwen3-235B-A22B-FP8"), "0.28.0", tensor_parallel_size=8, enable_expert_parallel=True
    )
    assert whole == []


def test_expert_parallelism_does_not_rescue_dense_layers() -> None:
    gemma = in_fp8_blocks("google/gemma-4-26B-A4B")
    assert ("dense feed-forward", "refused") in kinds(
        gemma, "0.33.0", tensor_parallel_size=2, enable_expert_parallel=True
    )


def test_expert_parallelism_does_not_rescue_shared_experts() -> None:
    deepseek = shipped("deepseek-ai/DeepSeek-V3")
    assert kinds(deepseek, "0.33.0", tensor_parallel_size=32, enable_expert_parallel=True) == [
        ("dense feed-forward", "refused"),
        ("shared experts", "refused"),
    ]


def test_dense_layers_are_refused_in_every_version() -> None:
    qwen = shipped("Qwen/Qwen3-32B-FP8")
    for version in ("0.10.2", "0.28.0", "0.33.0", None):
        assert kinds(qwen, version, tensor_parallel_size=16) == [("dense feed-forward", "refused")]


def test_the_engines_words_name_the_shard_and_the_block() -> None:
    (outcome,) = outcomes(shipped("Qwen/Qwen3-30B-A3B-FP8"), "0.28.0", tensor_parallel_size=4)
    assert outcome.engine_error == (
        "The output_size of gate's and up's weight = 192 is not divisible by weight quantization block_n = 128."
    )


@pytest.mark.parametrize("version", [None, "0.29.0rc1", "0.28.1"])
def test_between_the_versions_that_were_read_only_what_both_refuse_is_certain(version: str | None) -> None:
    qwen = shipped("Qwen/Qwen3-30B-A3B-FP8")
    assert kinds(qwen, version, tensor_parallel_size=4) == [("routed experts", "depends on the version")]
    gemma = in_fp8_blocks("google/gemma-4-26B-A4B")
    assert kinds(gemma, version, data_parallel_size=4) == [("routed experts", "refused")]


@pytest.mark.parametrize(
    "quantization",
    [
        None,
        Quantization("fp8", 8.0),
        Quantization("compressed-tensors", 8.0, weight_block_size=(128, 128)),
        replace(BLOCKS, excluded_modules=("model.layers.0.mlp.experts", "mlp", "shared_experts")),
    ],
)
def test_other_quantisations_and_excluded_layers_have_no_blocks_to_keep(quantization: Quantization | None) -> None:
    gemma = replace(shipped("google/gemma-4-26B-A4B"), quantization=quantization)
    assert kinds(gemma, "0.28.0", tensor_parallel_size=8) == []


def test_a_router_that_is_excluded_leaves_the_experts_quantised() -> None:
    quantization = replace(BLOCKS, excluded_modules=("lm_head", "model.layers.0.mlp.gate"))
    qwen = replace(shipped("Qwen/Qwen3-30B-A3B"), quantization=quantization)
    assert kinds(qwen, "0.28.0", tensor_parallel_size=4) == [("routed experts", "refused")]


def test_another_quantisation_on_the_command_line_is_not_judged() -> None:
    assert (
        kinds(shipped("Qwen/Qwen3-30B-A3B-FP8"), "0.28.0", tensor_parallel_size=4, quantization="fp8_per_tensor")
        == []
    )
