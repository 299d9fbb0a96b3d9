"""Counts of model types that no library builds any more, against the tensors of one layer of each class.

The tensors are restated by hand, apart from the reader, for the modeling files of Qwen/Qwen-7B,
baichuan-inc/Baichuan2-7B-Base, internlm/internlm-7b, xverse/XVERSE-13B, BAAI/AquilaChat2-7B and
MiniMaxAI/MiniMax-Text-01. The published sizes hold the whole of a model to the figure its authors round to.
"""

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture

Shape = tuple[int, ...]
PUBLISHED = json.loads((Path(__file__).parent / "remote_code_models.json").read_text(encoding="utf-8"))


def _qwen(config: dict[str, Any], _layer: int) -> list[Shape]:
    hidden, half = config["hidden_size"], config["intermediate_size"] // 2
    width = config["kv_channels"] * config["num_attention_heads"]
    biases = [] if config["no_bias"] else [(hidden,), (half,), (half,), (hidden,)]
    return [
        *((hidden,), (hidden,)),
        *((3 * width, hidden), (3 * width,), (hidden, width)),
        *((half, hidden), (half, hidden), (hidden, half)),
        *biases,
    ]


def _baichuan(config: dict[str, Any], _layer: int) -> list[Shape]:
    hidden, width = config["hidden_size"], config["intermediate_size"]
    return [
        *((hidden,), (hidden,)),
        *((3 * hidden, hidden), (hidden, hidden)),
        *((width, hidden), (width, hidden), (hidden, width)),
    ]


def _internlm(config: dict[str, Any], layer: int) -> list[Shape]:
    return [*_baichuan(config, layer), *([(config["hidden_size"],)] * (4 if config["bias"] else 0))]


def _grouped(config: dict[str, Any], _layer: int) -> list[Shape]:
    hidden, width = config["hidden_size"], config["intermediate_size"]
    keys = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    return [
        *((hidden,), (hidden,)),
        *((hidden, hidden), (keys, hidden), (keys, hidden), (hidden, hidden)),
        *((width, hidden), (width, hidden), (hidden, width)),
    ]


def _minimax(config: dict[str, Any], layer: int) -> list[Shape]:
    hidden, width, experts = config["hidden_size"], config["intermediate_size"], config["num_local_experts"]
    inner, keys = (config[name] * config["head_dim"] for name in ("num_attention_heads", "num_key_value_heads"))
    full = [(inner, hidden), (keys, hidden), (keys, hidden), (hidden, inner)]
    linear = [(3 * inner, hidden), (inner, hidden), (hidden, inner), (inner,)]
    return [
        *((hidden,), (hidden,)),
        *(full if config["attn_type_list"][layer] else linear),
        (experts, hidden),
        *((experts, width, hidden), (experts, width, hidden), (experts, hidden, width)),
    ]


LAYERS = {
    "aquila": _grouped,
    "baichuan": _baichuan,
    "internlm": _internlm,
    "minimax_m1": _minimax,
    "minimax_text_01": _minimax,
    "qwen": _qwen,
    "xverse": _grouped,
}
PLAIN = {
    "hidden_size": 96,
    "intermediate_size": 176,
    "num_attention_heads": 6,
    "num_hidden_layers": 4,
    "vocab_size": 321,
    "tie_word_embeddings": False,
}
CONFIGS = [
    {**PLAIN, "model_type": "qwen", "kv_channels": 16, "no_bias": True},
    {**PLAIN, "model_type": "qwen", "kv_channels": 16, "no_bias": False},
    {**PLAIN, "model_type": "baichuan"},
    {**PLAIN, "model_type": "baichuan", "num_hidden_layers": 1, "intermediate_size": 40},
    {**PLAIN, "model_type": "internlm", "bias": True},
    {**PLAIN, "model_type": "internlm", "bias": False},
    {**PLAIN, "model_type": "xverse", "num_key_value_heads": 6},
    {**PLAIN, "model_type": "aquila", "num_key_value_heads": 2},
    *(
        {
            **PLAIN,
            "model_type": model_type,
            "head_dim": 8,
            "num_key_value_heads": 3,
            "num_local_experts": 5,
            "num_experts_per_tok": 2,
            "attn_type_list": [0, 1, 0, 0],
            "shared_intermediate_size": 0,
        }
        for model_type in ("minimax_text_01", "minimax_m1")
    ),
]


def _tensors(config: dict[str, Any]) -> list[Shape]:
    table = (config["vocab_size"], config["hidden_size"])
    layers = [
        shape
        for layer in range(config["num_hidden_layers"])
        for shape in LAYERS[config["model_type"]](config, layer)
    ]
    return [table, *layers, (config["hidden_size"],), table]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config["model_type"])
def test_the_count_is_that_of_the_tensors_of_the_published_class(config: dict[str, Any]) -> None:
    parameters = read_architecture(config).parameters

    assert parameters is not None
    assert parameters.total == sum(map(prod, _tensors(config)))


@pytest.mark.parametrize("repository", PUBLISHED)
def test_the_count_is_the_published_size(repository: str) -> None:
    row = PUBLISHED[repository]
    parameters = read_architecture(row["config"]).parameters

    assert parameters is not None
    assert parameters.total / 1e9 == pytest.approx(row["published_billions"], rel=0.01)


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"model_type": "internlm2", "bias": True}, "bias"),
        ({"model_type": "internlm2"}, "bias"),
        ({"model_type": "baichuan", "num_key_value_heads": 2}, "key/value heads"),
        ({"model_type": "qwen", "visual": {}}, "vision tower"),
        ({"model_type": "qwen", "kv_channels": 32}, "kv_channels"),
        ({"model_type": "deepseek", "head_dim": 32}, "head_dim"),
        ({"model_type": "chatglm", "vision_config": {}}, "vision tower"),
        ({"model_type": "chatglm", "num_layers": 2, "rmsnorm": False}, "rmsnorm"),
    ],
)
def test_what_the_classes_build_otherwise_is_not_counted(config: dict[str, Any], word: str) -> None:
    architecture = read_architecture({**PLAIN, **config})

    assert architecture.parameters is None
    assert word in " ".join(architecture.unread)
