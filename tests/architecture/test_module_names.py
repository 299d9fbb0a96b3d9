"""Linear modules have the names under which checkpoints store them, as quantisation excludes them by name.

The record holds the matrices of decoder layers of small real builds, named as transformers would save them. Where a
checkpoint stores all experts of a layer as one tensor, its place and its size are compared, and the names of the
single projections are those that quantisation tools give them when they take the tensor apart.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture

_DIRECTORY = Path(__file__).parent / "model_builds"
RECORDED: list[dict[str, Any]] = [
    json.loads(line) for line in (_DIRECTORY / "recorded_modules.jsonl").read_text("utf-8").splitlines()[1:]
]
NOT_COMPARED: dict[str, str] = json.loads((_DIRECTORY / "modules_not_compared.json").read_text("utf-8"))
MODEL_TYPES = sorted({row["config"]["model_type"] for row in RECORDED})

Modules = Counter[tuple[str, int]]


def _differences(row: dict[str, Any]) -> dict[str, Any]:
    """Return the modules that the reader names and the build lacks, beside those of the build."""
    built: Modules = Counter()
    for name, size, layers in row["modules"]:
        built[name, size] += layers
    named: Modules = Counter()
    for module in read_architecture(row["config"]).linear_modules:
        named[module.name, module.parameters] += len(module.layers)
    if any("experts." in name for name, _ in named) and not any("experts.0." in name for name, _ in built):
        built, named = _with_whole_experts(built), _with_whole_experts(named)
    missing = named - built
    return {"named": sorted(missing), "built": sorted(built - named)} if missing else {}


def _with_whole_experts(modules: Modules) -> Modules:
    """Join the projections of experts of one size, whatever each is called."""
    totals: Counter[tuple[str, int]] = Counter()
    for (name, size), layers in modules.items():
        place = f"{name.partition('experts.')[0]}experts" if "experts." in name and "shared" not in name else name
        totals[place, layers] += size
    return Counter({(place, size): layers for (place, layers), size in totals.items()})


@pytest.mark.parametrize("model_type", [name for name in MODEL_TYPES if name not in NOT_COMPARED])
def test_modules_have_the_names_and_sizes_of_the_checkpoint(model_type: str) -> None:
    rows = [row for row in RECORDED if row["config"]["model_type"] == model_type]
    assert [_differences(row) for row in rows] == [{}] * len(rows)


@pytest.mark.parametrize("model_type", sorted(NOT_COMPARED))
def test_a_type_is_left_out_only_while_its_names_differ(model_type: str) -> None:
    rows = [row for row in RECORDED if row["config"]["model_type"] == model_type]
    assert not rows or any(_differences(row) for row in rows)
