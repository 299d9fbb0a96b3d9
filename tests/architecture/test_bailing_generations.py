"""Ling 2.5 and Ling 3 share a model type; the class of `architectures` tells them apart."""

import json
from pathlib import Path

import pytest

from neuroscale.architecture.reader import read_architecture

_RECORD = Path(__file__).parent / "model_builds" / "recorded" / "bailing_moe_v2_5.jsonl"
ROWS = [json.loads(line) for line in _RECORD.read_text(encoding="utf-8").splitlines()[1:]]


@pytest.mark.parametrize("row", ROWS)
def test_the_class_of_generation_2_5_is_read_as_that_generation(row: dict[str, dict[str, int]]) -> None:
    architecture = read_architecture({**row["config"], "model_type": "bailing_hybrid"})
    assert architecture.parameters is not None, architecture.unread
    assert architecture.parameters.total == row["counts"]["total"]


def test_both_classes_at_once_are_not_read_as_the_earlier_generation() -> None:
    classes = ["BailingMoeV2_5ForCausalLM", "BailingMoeV3ForCausalLM"]
    both = read_architecture({"model_type": "bailing_hybrid", "architectures": classes})
    third = read_architecture({"model_type": "bailing_hybrid", "architectures": classes[1:]})
    assert both.parameters == third.parameters
