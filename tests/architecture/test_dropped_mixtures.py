"""Mixtures that the newest vLLM builds no more, held to the tensors of the last release that did.

Grok is restated from `grok1.py` of vLLM 0.24.0, Arctic from `arctic.py` of vLLM 0.28.0: one shape per tensor, the
gate and up projections of a merged one apart.
"""

from math import prod
from typing import Any

import pytest

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture

Shapes = list[tuple[int, ...]]

GROK: dict[str, Any] = {
    "model_type": "grok-1",
    "architectures": ["Grok1ModelForCausalLM"],
    "hidden_size": 96,
    "intermediate_size": 176,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "num_hidden_layers": 3,
    "vocab_size": 321,
    "num_experts": 5,
    "num_experts_per_tok": 2,
}
ARCTIC: dict[str, Any] = {
    "model_type": "arctic",
    "architectures": ["ArcticForCausalLM"],
    "hidden_size": 96,
    "intermediate_size": 56,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "num_hidden_layers": 5,
    "vocab_size": 321,
    "num_local_experts": 7,
    "num_experts_per_tok": 2,
    "moe_layer_frequency": 2,
    "use_residual": True,
    "parallel_attn_mlp_res": True,
}
# The files published with the weights.
GROK_1 = {"model_type": "grok-1", "architectures": ["Grok1ModelForCausalLM"], "tie_word_embeddings": True}
SNOWFLAKE_ARCTIC = {
    **ARCTIC,
    "hidden_size": 7168,
    "intermediate_size": 4864,
    "num_attention_heads": 56,
    "num_key_value_heads": 8,
    "num_hidden_layers": 35,
    "vocab_size": 32000,
    "num_local_experts": 128,
    "moe_layer_frequency": 1,
}


def _read(config: dict[str, Any]) -> ModelArchitecture:
    architecture = read_architecture(config)
    assert architecture.parameters is not None, architecture.unread
    return architecture


def _gated(hidden: int, width: int) -> Shapes:
    return [(width, hidden), (width, hidden), (hidden, width)]


def _attention(config: dict[str, Any]) -> Shapes:
    hidden = config["hidden_size"]
    keys = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    return [(hidden, hidden), (keys, hidden), (keys, hidden), (hidden, hidden)]


def _around(config: dict[str, Any]) -> Shapes:
    hidden, rows = config["hidden_size"], config["vocab_size"]
    head = [] if config.get("tie_word_embeddings", config["model_type"] == "grok-1") else [(rows, hidden)]
    return [(rows, hidden), (hidden,), *head]


def _grok(config: dict[str, Any]) -> Shapes:
    hidden, experts = config["hidden_size"], config["num_experts"]
    width = config.get("moe_intermediate_size", config["intermediate_size"])
    dense = _gated(hidden, config["intermediate_size"]) if config.get("residual_moe") else []
    layer = [
        *_attention(config),
        (experts, hidden),
        *_gated(hidden, width) * experts,
        *dense,
        *[(hidden,)] * 4,
    ]
    return [*_around(config), *layer * config["num_hidden_layers"]]


def _arctic(config: dict[str, Any]) -> Shapes:
    hidden, experts = config["hidden_size"], config["num_local_experts"]
    shapes = _around(config)
    for layer in range(config["num_hidden_layers"]):
        shapes += [*_attention(config), (hidden,), (hidden,)]
        if (layer + 1) % config["moe_layer_frequency"]:
            shapes += _gated(hidden, config["intermediate_size"])
            continue
        shapes += [(experts, hidden), *_gated(hidden, config["intermediate_size"]) * experts]
        if config["use_residual"]:
            shapes += [(hidden,), *_gated(hidden, hidden)]
    return shapes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tie_word_embeddings": False},
        {"moe_intermediate_size": 40},
        {"moe_intermediate_size": 40, "residual_moe": True, "tie_word_embeddings": False},
        {"residual_moe": True},
    ],
    ids=str,
)
def test_grok_has_the_tensors_of_its_class(changes: dict[str, Any]) -> None:
    config = {**GROK, **changes}
    parameters = _read(config).parameters
    assert parameters is not None
    width = config.get("moe_intermediate_size", config["intermediate_size"])
    assert parameters.total == sum(map(prod, _grok(config)))
    assert parameters.routed_experts == 3 * 5 * 3 * 96 * width


@pytest.mark.parametrize("period", [1, 2, 3])
@pytest.mark.parametrize("beside", [True, False])
def test_arctic_has_the_tensors_of_its_class(period: int, beside: bool) -> None:
    config = {
        **ARCTIC,
        "moe_layer_frequency": period,
        "use_residual": beside,
        "parallel_attn_mlp_res": beside,
    }
    architecture = _read(config)
    assert architecture.parameters is not None
    assert architecture.experts is not None
    assert architecture.parameters.total == sum(map(prod, _arctic(config)))
    assert architecture.experts.moe_layers == 5 // period


@pytest.mark.parametrize(("config", "told"), [(GROK_1, 314e9), (SNOWFLAKE_ARCTIC, 480e9)], ids=["Grok-1", "Arctic"])
def test_the_published_models_have_the_size_that_is_told_of_them(config: dict[str, Any], told: float) -> None:
    parameters = _read(config).parameters
    assert parameters is not None
    assert parameters.total == pytest.approx(told, rel=0.01)


def test_an_arctic_whose_fields_contradict_each_other_is_not_counted() -> None:
    architecture = read_architecture({**ARCTIC, "parallel_attn_mlp_res": False})
    assert architecture.parameters is None
    assert any("use_residual" in sentence for sentence in architecture.unread)
