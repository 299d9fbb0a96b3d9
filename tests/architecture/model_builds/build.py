"""Build a model of transformers from a configuration, on the meta device: shapes without memory."""

import importlib
from collections.abc import Mapping
from typing import Any

# What no count depends on, and what would make the library fetch foreign code or quantise the model.
_DROPPED = ("architectures", "auto_map", "quantization_config", "compression_config", "torch_dtype", "dtype")
_BUILT_AS = {"kimi_k2": "deepseek_v3"}
_AUTO_CLASSES = (
    "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES",
    "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES",
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
)


def build_model(config: Mapping[str, Any]) -> Any:
    """Return the model that transformers builds for a configuration in the form of its config.json.

    The class is the first of `architectures`; without it, the one that the library generates text with.

    Raises:
        Exception: Whatever the library raises for a configuration that it refuses.
    """
    torch = importlib.import_module("torch")
    transformers = importlib.import_module("transformers")
    model_type = str(config["model_type"])
    model_type = _BUILT_AS.get(model_type, model_type)
    fields = {name: value for name, value in config.items() if name not in {*_DROPPED, "model_type"}}
    model_class = getattr(transformers, model_class_name(config))
    with torch.device("meta"):
        model = model_class(_configuration(transformers, model_class, model_type, fields))
    model.tie_weights()
    return model


def model_class_name(config: Mapping[str, Any]) -> str:
    """Return the class that `build_model` builds.

    Raises:
        KeyError: The library generates no text with the model type.
    """
    stated = config.get("architectures")
    if stated:
        return str(stated[0])
    auto = importlib.import_module("transformers.models.auto.modeling_auto")
    model_type = str(config["model_type"])
    for mapping in _AUTO_CLASSES:
        found = getattr(auto, mapping).get(_BUILT_AS.get(model_type, model_type))
        if found is not None:
            return found if isinstance(found, str) else found[0]
    raise KeyError(f"transformers generates no text with the model type {model_type!r}")


def versions() -> dict[str, str]:
    """Return the versions of the libraries that build."""
    return {name: importlib.import_module(name).__version__.split("+")[0] for name in ("transformers", "torch")}


def _configuration(transformers: Any, model_class: Any, model_type: str, fields: dict[str, Any]) -> Any:
    """Read the fields as the class reads a config.json; some classes take a nested part alone."""
    expected = model_class.config_class
    if expected.model_type == model_type:
        return expected(**fields)
    whole = transformers.AutoConfig.for_model(model_type, **fields)
    return whole if isinstance(whole, expected) else whole.get_text_config()
