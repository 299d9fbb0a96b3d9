"""Count the parameters of real model builds: configurations as JSON lines in, rows of ground truth out.

Needs the dependency group `model-builds` of this project; run by hand to check or add rows. Each input line is
{"name": ..., "config": {...}}; a line whose class refuses the configuration is reported on standard error.
"""

import importlib
import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.architecture.model_builds.build import build_model
from tests.architecture.model_builds.components import ComponentNames, count_components
from tests.architecture.model_builds.strategies import builds_by_model_type


def counted(config: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a build in the fields of a row of ground truth.

    A class that transformers does not have under its published name is the one that generates text or, with a
    vision or audio part, text from images.
    """
    model_type = str(config["model_type"])
    builds = builds_by_model_type().get(model_type)
    names = ComponentNames() if builds is None else builds.names
    counts = count_components(build_model({**config, "architectures": _class_names(config)}), names)
    return {
        "total_params": counts["total"],
        "vision_params": counts["vision_tower"] + counts["audio_tower"],
        "embedding_params": counts["input_embedding"],
        "lm_head_params": counts["output_head"],
        "routed_expert_params": counts["routed_experts"],
    }


def _class_names(config: Mapping[str, Any]) -> list[str] | None:
    stated = config.get("architectures")
    if stated and hasattr(importlib.import_module("transformers"), stated[0]):
        return list(stated)
    auto = importlib.import_module("transformers.models.auto.modeling_auto")
    found = auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.get(config["model_type"])
    return [found] if found and "text_config" in config else None


def main() -> int:
    """Read configurations from standard input and write rows to standard output."""
    failures = 0
    for line in sys.stdin:
        row = json.loads(line)
        try:
            counts = counted(row["config"])
        except Exception as problem:  # noqa: BLE001 - any refusal of a foreign class is reported with its row
            failures += 1
            sys.stderr.write(f"{row['name']}: {type(problem).__name__}: {problem}\n")
            continue
        sys.stdout.write(json.dumps({"name": row["name"], **counts, "config": row["config"]}) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
