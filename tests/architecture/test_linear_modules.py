"""Recurrent, hybrid and dense decoders name their linear modules as their classes do.

The fixture holds the linear modules of the decoder layers of the classes of transformers, built at library
defaults, under the names of checkpoints: name below the layer, weights, and how many layers have it. The small
paths that are not named here are left out: the adapters of Zamba2 and the low-rank and per-layer paths of Gemma 3n.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture

BUILT: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "fixtures" / "hybrid_and_decoder_modules.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


@pytest.mark.parametrize("built", BUILT, ids=lambda built: built["config"]["model_type"])
def test_modules_have_the_names_sizes_and_layers_of_the_real_build(built: dict[str, Any]) -> None:
    modules = read_architecture(built["config"]).linear_modules
    named = sorted([module.name, module.parameters, len(module.layers)] for module in modules)
    assert named == sorted(built["modules"])


@pytest.mark.parametrize("built", BUILT, ids=lambda built: built["config"]["model_type"])
def test_modules_are_part_of_the_component_that_counts_them(built: dict[str, Any]) -> None:
    architecture = read_architecture(built["config"])
    for component in ("attention", "dense_feed_forward"):
        named = sum(
            module.parameters * len(module.layers)
            for module in architecture.linear_modules
            if module.component == component
        )
        assert named <= getattr(architecture.parameters, component)
