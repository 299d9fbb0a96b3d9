"""Layers without a cache per token keep the constant state that vLLM 0.33.0 sets aside for a sequence.

The shapes are restated from `MambaStateShapeCalculator` in vllm/model_executor/layers/mamba/mamba_utils.py, for a
tensor parallel size of 1 and no speculative tokens. Each row of the fixture names a model, the shape that its layer
class asks for with the arguments that follow from its configuration, and the elements. The configuration is that of
the ground truth or of the published totals, unless the row has one.
"""

import json
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.model import AttentionGroup
from neuroscale.architecture.reader import read_architecture
from tests.architecture.ground_truth_rows import model_rows, published_rows

Shapes = tuple[tuple[int, ...], tuple[int, ...]]

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "fixtures" / "sequence_state.json").read_text(encoding="utf-8")
)
NO_STATE = (0,)


def _mamba1(intermediate_size: int, state_size: int, conv_kernel: int) -> Shapes:
    return (conv_kernel - 1, intermediate_size), (intermediate_size, state_size)


def _mamba2(
    intermediate_size: int, n_groups: int, num_heads: int, head_dim: int, state_size: int, conv_kernel: int
) -> Shapes:
    return (conv_kernel - 1, intermediate_size + 2 * n_groups * state_size), (num_heads, head_dim, state_size)


def _gated_delta_net(
    num_k_heads: int, num_v_heads: int, head_k_dim: int, head_v_dim: int, conv_kernel_size: int
) -> Shapes:
    channels = head_k_dim * num_k_heads * 2 + head_v_dim * num_v_heads
    return (conv_kernel_size - 1, channels), (num_v_heads, head_v_dim, head_k_dim)


def _kda(num_heads: int, head_dim: int, conv_kernel_size: int) -> Shapes:
    return (conv_kernel_size - 1, 3 * num_heads * head_dim), (num_heads, head_dim, head_dim)


def _short_conv(intermediate_size: int, conv_kernel: int) -> Shapes:
    return (conv_kernel - 1, intermediate_size), NO_STATE


SHAPES: dict[str, Callable[..., Shapes]] = {
    "mamba1": _mamba1,
    "mamba2": _mamba2,
    "gated_delta_net": _gated_delta_net,
    "kda": _kda,
    "short_conv": _short_conv,
}


def _config(row: dict[str, Any]) -> dict[str, Any]:
    if "config" in row:
        return dict(row["config"])
    known = (*model_rows(), *published_rows())
    return next(dict(found["config"]) for found in known if found["name"] == row["name"])


def _with_state(config: dict[str, Any]) -> list[AttentionGroup]:
    attention = read_architecture(config).attention
    assert attention is not None
    return [
        group for group in attention.groups if group.convolution_state_elements or group.recurrent_state_elements
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_state_has_the_elements_that_the_engine_sets_aside(row: dict[str, Any]) -> None:
    convolution, recurrent = SHAPES[row["shape"]](**row["arguments"])
    (group,) = _with_state(_config(row))
    assert (group.layers, group.convolution_state_elements, group.recurrent_state_elements) == (
        row["layers"],
        prod(convolution),
        prod(recurrent),
    )
    assert (group.convolution_state_elements, group.recurrent_state_elements) == (
        row["convolution_state_elements"],
        row["recurrent_state_elements"],
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_heads_and_groups_of_a_state_are_those_that_the_engine_shares_out(row: dict[str, Any]) -> None:
    (group,) = _with_state(_config(row))
    arguments = row["arguments"]
    named = {"mamba2": "num_heads", "gated_delta_net": "num_v_heads", "kda": "num_heads"}.get(row["shape"])
    assert group.state_heads == (0 if named is None else arguments[named])
    assert group.state_groups == (arguments["n_groups"] if row["shape"] == "mamba2" else 0)


def test_every_shape_of_the_engine_is_met_by_a_real_model() -> None:
    assert {row["shape"] for row in ROWS} == SHAPES.keys()


@pytest.mark.parametrize("name", ["Qwen/Qwen3-Next-80B-A3B-Instruct", "LiquidAI/LFM2-8B-A1B"])
def test_a_layer_in_a_hybrid_model_keeps_either_tokens_or_a_state(name: str) -> None:
    attention = read_architecture(_config({"name": name})).attention
    assert attention is not None
    for group in attention.groups:
        has_state = bool(group.convolution_state_elements or group.recurrent_state_elements)
        assert has_state is (group.kv_heads == 0)


def test_layers_that_attend_beside_a_state_space_mixer_keep_both() -> None:
    row = next(row for row in ROWS if row["shape"] == "mamba2" and "falcon_h1" in row["name"])
    (group,) = _with_state(_config(row))
    assert (group.kind, group.layers, group.kv_heads) == ("full", 32, 8)
    assert (group.key_elements_per_token, group.value_elements_per_token) == (128, 128)


def test_each_use_of_the_shared_layer_of_zamba2_has_a_cache_and_a_state_of_its_own() -> None:
    attention = read_architecture({"model_type": "zamba2"}).attention
    assert attention is not None
    convolution, recurrent = _mamba2(
        intermediate_size=5120, n_groups=1, num_heads=8, head_dim=640, state_size=64, conv_kernel=4
    )
    kept = {
        group.kind: (group.layers, group.kv_heads, group.convolution_state_elements, group.recurrent_state_elements)
        for group in attention.groups
    }
    assert kept == {
        "full": (9, 32, prod(convolution), prod(recurrent)),
        "state-space": (45, 0, prod(convolution), prod(recurrent)),
    }


@pytest.mark.parametrize(
    ("config", "convolution", "recurrent"),
    [
        # Griffin: three inputs of the convolution and one element for each of 2560 channels.
        ({"model_type": "recurrent_gemma"}, 3 * 2560, 2560),
        # RWKV 4: the last inputs of both mixers; numerator, denominator and maximum of each channel.
        ({"model_type": "rwkv"}, 2 * 4096, 3 * 4096),
        # xLSTM 7B: per head a matrix of 256 by 512, a normaliser of 256 and a stabiliser.
        ({"model_type": "xlstm"}, 0, 8 * (256 * 512 + 256 + 1)),
    ],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else None,
)
def test_mixers_that_the_engine_lacks_keep_the_state_of_their_definition(
    config: dict[str, Any], convolution: int, recurrent: int
) -> None:
    (group,) = _with_state(config)
    assert (group.convolution_state_elements, group.recurrent_state_elements) == (convolution, recurrent)


@pytest.mark.parametrize("model_type", ["mamba", "falcon_mamba", "mamba2", "rwkv", "xlstm"])
def test_a_model_in_which_no_layer_attends_has_no_heads_and_caches_no_token(model_type: str) -> None:
    attention = read_architecture({"model_type": model_type}).attention
    assert attention is not None
    assert (attention.heads, attention.kv_heads) == (0, 0)


def test_a_model_of_attention_alone_keeps_no_state() -> None:
    assert _with_state({"model_type": "llama"}) == []
