"""List what the engines generate text with: `python -m tests.architecture.engine_coverage.list_served`.

Needs an environment with transformers and vLLM. It writes served.json beside this module.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

SERVED = Path(__file__).parent / "served.json"
_MAPPINGS = (
    "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES",
    "MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES",
)
_REGISTRIES = ("_TEXT_GENERATION_MODELS", "_MULTIMODAL_MODELS")


def main() -> int:
    """Write the model types of transformers and the classes of vLLM."""
    auto: Any = importlib.import_module("transformers.models.auto.modeling_auto")
    registry: Any = importlib.import_module("vllm.model_executor.models.registry")
    served = {
        "versions": {
            name: importlib.import_module(name).__version__.split("+")[0] for name in ("transformers", "vllm")
        },
        "model_types": sorted({model_type for name in _MAPPINGS for model_type in getattr(auto, name)}),
        "classes": sorted({class_name for name in _REGISTRIES for class_name in getattr(registry, name)}),
    }
    SERVED.write_text(json.dumps(served, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
