"""Counts of model types whose classes came with their weights and that no library builds any more.

The fixture holds what the published classes of Qwen, Baichuan, InternLM and MiniMax-M1 build at random shapes, each
with the repository and file that the class was read from. XVERSE and Aquila have Llama's tensors without any bias
and with an output head of their own: so the class of XVERSE in SGLang 0.5.23 (`models/xverse.py`) and that of
Aquila in vLLM's repository at 05aa9e62 (`models/aquila.py`). Their tensors are restated here.
"""

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture
from tests.architecture.model_builds.components import COMPONENTS, compared

FIXTURE = Path(__file__).parent / "fixtures" / "published_classes.jsonl"
LINES: list[dict[str, Any]] = [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]
SOURCES = {line["model_type"]: line for line in LINES if "repository" in line}
BUILDS = [line for line in LINES if "counts" in line]
PLAIN = {
    "hidden_size": 96,
    "intermediate_size": 176,
    "num_attention_heads": 6,
    "num_hidden_layers": 4,
    "vocab_size": 321,
    "tie_word_embeddings": False,
}


def _counts(config: dict[str, Any]) -> dict[str, int]:
    architecture = read_architecture(config)
    assert architecture.parameters is not None, architecture.unread
    return {name: getattr(architecture.parameters, name) for name in COMPONENTS}


@pytest.mark.parametrize("model_type", SOURCES)
def test_every_component_has_the_parameters_of_the_published_class(model_type: str) -> None:
    builds = [build for build in BUILDS if build["config"]["model_type"] == model_type]
    assert len(builds) >= 24
    assert [compared(build["counts"], _counts(build["config"])) for build in builds] == [{}] * len(builds)


@pytest.mark.parametrize("build", [b for b in BUILDS if b["config"]["model_type"] == "minimax_m1"][:8])
def test_text_01_has_the_tensors_of_m1(build: dict[str, Any]) -> None:
    """Both are stored with the same 456,089,655,296 parameters, and vLLM served both with one class."""
    config = {
        **build["config"],
        "model_type": "minimax_text_01",
        "architectures": ["MiniMaxText01ForCausalLM"],
    }
    assert _counts(config) == build["counts"]


@pytest.mark.parametrize(
    ("model_type", "kv_heads"), [("xverse", 6), ("xverse", 2), ("aquila", 6), ("aquila", 3)], ids=str
)
def test_xverse_and_aquila_have_the_tensors_of_llama(model_type: str, kv_heads: int) -> None:
    hidden, width, keys = 96, 176, 96 // 6 * kv_heads
    layer = [
        *((hidden,), (hidden,)),
        *((hidden, hidden), (keys, hidden), (keys, hidden), (hidden, hidden)),
        *((width, hidden), (width, hidden), (hidden, width)),
    ]
    tensors = [(321, hidden), *layer * 4, (hidden,), (321, hidden)]

    counts = _counts({**PLAIN, "model_type": model_type, "num_key_value_heads": kv_heads})

    assert counts["total"] == sum(map(prod, tensors))


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"model_type": "internlm2", "bias": True}, "bias"),
        ({"model_type": "internlm2"}, "bias"),
        ({"model_type": "aquila", "attention_bias": True}, "bias"),
        ({"model_type": "xverse", "bias": True}, "bias"),
        ({"model_type": "xverse", "mlp_bias": True}, "bias"),
        ({"model_type": "aquila", "tie_word_embeddings": True}, "tied embeddings"),
        ({"model_type": "internlm", "bias": False, "num_key_value_heads": 2}, "key/value heads"),
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
