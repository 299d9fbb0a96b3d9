"""Record the linear modules of checkpoints: `python -m tests.architecture.model_builds.record_modules`.

Needs the dependency group `model-builds` of this project. Some recorded configurations of each model type that
transformers builds are built again, and the names of their weights are those under which the library would store
them: what a checkpoint calls its modules, and by which quantisation leaves some out.
"""

import argparse
import copy
import importlib
import json
import re
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.architecture.model_builds import build
from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.strategies import builds_by_model_type

DIRECTORY = Path(__file__).parent
RECORDED = DIRECTORY / "recorded"
OUTPUT = DIRECTORY / "recorded_modules.jsonl"
_CONFIGURATIONS = 2
_MOST_PARAMETERS = 50_000_000
_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks|block)\.(\d+)\.(.+?)(?:\.weight)?$")
_EXPERT = re.compile(r"\bexperts\.(expert_)?\d+\b")
_MATRIX_DIMENSIONS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the model types that are named, or all; return 1 when a type could not be built."""
    parser = argparse.ArgumentParser(prog="record_modules", description="Record the linear modules of checkpoints.")
    parser.add_argument("model_types", nargs="*", metavar="TYPE", help="model types to record (default: all)")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    recorded = {path.stem for path in RECORDED.glob("*.jsonl")}
    known = {
        name: builds
        for name, builds in builds_by_model_type().items()
        if builds.library == "transformers" and name in recorded
    }
    if unknown := set(options.model_types) - known.keys():
        parser.error(f"nothing of transformers is recorded for {', '.join(sorted(unknown))}")
    lines = _lines()
    failed = 0
    for model_type in options.model_types or sorted(known):
        rows = []
        for config in _configurations(model_type):
            try:
                rows.append({"config": config, "modules": _modules(config, known[model_type].names)})
            except Exception as refusal:  # noqa: BLE001 - whatever a foreign class raises is reported
                sys.stdout.write(f"{model_type}: {type(refusal).__name__}: {refusal}\n")
        failed += not rows
        lines[model_type] = [json.dumps(row, separators=(",", ":")) for row in rows]
    versions = json.dumps(build.versions())
    text = "".join(f"{line}\n" for model_type in sorted(lines) for line in lines[model_type])
    OUTPUT.write_text(f"{versions}\n{text}", encoding="utf-8")
    return 1 if failed else 0


def _lines() -> dict[str, list[str]]:
    """Return what is recorded so far, by model type."""
    found: dict[str, list[str]] = {}
    if OUTPUT.exists():
        for line in OUTPUT.read_text(encoding="utf-8").splitlines()[1:]:
            found.setdefault(json.loads(line)["config"]["model_type"], []).append(line)
    return found


def _configurations(model_type: str) -> list[dict[str, Any]]:
    """Return the largest of the small recorded configurations: most layers and switches are in those."""
    lines = (RECORDED / f"{model_type}.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    rows = [json.loads(line) for line in lines]
    small = [row for row in rows if row["counts"]["total"] <= _MOST_PARAMETERS] or rows
    largest = sorted(small, key=lambda row: int(row["counts"]["total"]))[-_CONFIGURATIONS:]
    return [row["config"] for row in largest]


def _modules(config: dict[str, Any], names: ComponentNames) -> list[list[Any]]:
    """Return name below the layer, weights of one layer, and number of layers, of every matrix of the decoder."""
    loading = importlib.import_module("transformers.core_model_loading")
    model = build.build_model(copy.deepcopy(config))
    towers = re.compile(f"{names.vision_tower}|{names.audio_tower}")
    weights: Counter[tuple[int, str]] = Counter()
    for name, tensor in loading.revert_weight_conversion(model, dict(model.named_parameters())).items():
        found = _LAYER.search(name)
        is_matrix = tensor.dim() >= _MATRIX_DIMENSIONS and not name.endswith("bias")
        if found and is_matrix and not towers.search(name):
            weights[int(found[1]), _EXPERT.sub(r"experts.\g<1>0", found[2])] += tensor.numel()
    sizes = Counter((name, size) for (_, name), size in weights.items())
    return sorted([name, size, layers] for (name, size), layers in sizes.items())


if __name__ == "__main__":
    sys.exit(main())
