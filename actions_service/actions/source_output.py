"""The schema of where a model's facts come from, as `inspect-model` answers it."""

from collections.abc import Mapping
from typing import Any

from actions_service.actions.model_input import GivenModel

_SOURCE: Mapping[str, Any] = {
    "repository": {"type": ["string", "null"], "examples": ["google/gemma-4-26B-A4B"]},
    "revision": {"type": ["string", "null"], "examples": ["main"]},
    "provenance": {"type": "string", "examples": ["config.json of google/gemma-4-26B-A4B"]},
}
_SOURCE_TEXTS = {
    "repository": "Repository of the hub.",
    "revision": "Commit that was read, where it is known.",
    "provenance": "Where the facts were read.",
}
_WEIGHTS: Mapping[str, Any] = {
    "files": ("integer", "Weight files.", 1),
    "tensors": ("integer", "Tensors in them.", 201),
    "stored_bytes": ("integer", "Bytes of all tensors.", 806_000_000),
    "bytes_by_type": ("object", "The same by stored type.", {"Q4_K": 800_000_000, "F32": 6_000_000}),
    "parameters": (["integer", "null"], "Parameters without draft layers.", 1_235_814_432),
    "routed_expert_parameters": (["integer", "null"], "Those of routed experts.", 0),
    "routed_experts": ("integer", "Routed experts of one layer.", 0),
    "draft_parameters": ("integer", "Parameters of layers that draft tokens.", 0),
    "bytes_by_component": ("object", "Bytes by component.", {"attention": 120_000_000, "normalisation": 135_000}),
}

SOURCE_PROPERTIES: Mapping[str, Any] = {
    "source": {
        "type": "object",
        "description": "Where the facts come from.",
        "required": list(_SOURCE),
        "additionalProperties": False,
        "properties": {name: {**schema, "description": _SOURCE_TEXTS[name]} for name, schema in _SOURCE.items()},
        "examples": [{name: schema["examples"][0] for name, schema in _SOURCE.items()}],
    },
    "stored_weights": {
        "type": ["object", "null"],
        "description": "What the headers of weight files say; null when a config.json answered.",
        "required": list(_WEIGHTS),
        "additionalProperties": False,
        "properties": {
            name: {"type": kind, "description": text, "examples": [example]}
            | ({"additionalProperties": {"type": "integer", "examples": [1]}} if kind == "object" else {})
            for name, (kind, text, example) in _WEIGHTS.items()
        },
        "examples": [{name: example for name, (_, _, example) in _WEIGHTS.items()}],
    },
}


def source_as_json(model: GivenModel) -> dict[str, Any]:
    """Return where a model's facts come from."""
    return {
        "source": {
            "repository": model.repository or None,
            "revision": model.revision,
            "provenance": model.provenance,
        },
        "stored_weights": None if model.weights is None else model.weights.as_json(),
    }
