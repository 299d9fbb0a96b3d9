"""Layers that have a number of query heads of their own, told from how wide their projections are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.model import Attention
from neuroscale.architecture.reader import read_architecture

RECORDED = Path(__file__).parent / "model_builds" / "recorded"
# Every type whose layers differ, with the fields that say so.
FAMILIES_WITH_HEADS_PER_LAYER = {
    "inkling2",
    "inkling2_text",
    "inkling_mm_model",
    "inkling_text",
    "laguna",
    "step3p5",
    "step3p7",
    "step5",
    "step5_vl",
}


def _attention(config: dict[str, Any]) -> Attention:
    attention = read_architecture(config).attention
    assert attention is not None
    return attention


def _recorded_attention() -> Iterator[tuple[str, Attention]]:
    """The attention of every recorded build, with its model type."""
    for path in sorted(RECORDED.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            attention = read_architecture(record["config"]).attention if "config" in record else None
            if attention is not None:
                yield path.stem, attention


def test_no_other_type_is_taken_to_have_heads_per_layer() -> None:
    different = {model_type for model_type, attention in _recorded_attention() if attention.other_heads}
    assert different == FAMILIES_WITH_HEADS_PER_LAYER


@pytest.mark.parametrize(
    ("config", "heads", "others"),
    [
        (
            {"model_type": "laguna", "num_hidden_layers": 3, "num_attention_heads_per_layer": [48, 64, 48]},
            48,
            (64,),
        ),
        (
            {"model_type": "laguna", "num_hidden_layers": 3, "num_attention_heads_per_layer": [64, 32, 64]},
            48,
            (32, 64),
        ),
        ({"model_type": "inkling_text", "swa_num_attention_heads": 96}, 64, (96,)),
        ({"model_type": "inkling_text"}, 64, ()),
        ({"model_type": "llama"}, 32, ()),
        ({"model_type": "qwen3_next"}, 16, ()),
    ],
)
def test_the_heads_of_layers(config: dict[str, Any], heads: int, others: tuple[int, ...]) -> None:
    attention = _attention(config)
    assert (attention.heads, attention.other_heads) == (heads, others)
