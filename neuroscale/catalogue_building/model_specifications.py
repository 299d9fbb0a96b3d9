"""The model specifications of the package xinference: figures of config.json with the commit they were read at."""

import json
import re
from collections.abc import Iterator

from neuroscale.catalogue_building.figures import ModelFigures
from neuroscale.errors import InvalidInputError

_COMMIT = re.compile(r"/resolve/([0-9a-f]{40})/")
_FIGURES = {
    "num_hidden_layers": "layers",
    "hidden_size": "hidden_size",
    "num_attention_heads": "heads",
    "num_key_value_heads": "kv_heads",
    "head_dim": "head_width",
    "vocab_size": "vocabulary",
    "intermediate_size": "feed_forward_width",
    "num_experts": "experts",
    "num_experts_per_tok": "experts_per_token",
    "shared_expert_intermediate_size": "shared_expert_width",
    "full_attention_interval": "full_attention_interval",
    "linear_num_key_heads": "linear_key_heads",
    "linear_num_value_heads": "linear_value_heads",
    "linear_key_head_dim": "linear_key_width",
    "linear_value_head_dim": "linear_value_width",
}


def read_model_specifications(content: bytes, source: str) -> Iterator[ModelFigures]:
    """Return every repository of the hub that one file of specifications names, once each.

    Raises:
        InvalidInputError: It is no list of model specifications.
    """
    try:
        found: dict[str, ModelFigures] = {}
        for model in json.loads(content):
            for specification in model["model_specs"]:
                hub = specification["model_src"].get("huggingface", {})
                if "model_id" in hub and "{" not in hub["model_id"]:
                    found.setdefault(hub["model_id"], _figures(hub, model.get("context_length"), source))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise InvalidInputError(f"is no list of model specifications: {problem!r}", field=source) from None
    yield from found.values()


def _figures(hub: dict[str, object], context: object, source: str) -> ModelFigures:
    metadata = hub.get("model_metadata")
    stated = metadata if isinstance(metadata, dict) else {}
    commit = _COMMIT.search(str(stated.get("config_source", "")))
    figures = {name: value for key, name in _FIGURES.items() if isinstance(value := stated.get(key), int)}
    if "linear_key_heads" in figures:
        # Of models with linear attention the specifications state the width of an expert under this name.
        width = figures.pop("feed_forward_width", None)
        if width is not None:
            figures["expert_width" if "experts" in figures else "feed_forward_width"] = width
    return ModelFigures(
        repository=str(hub["model_id"]),
        source=source,
        figures=figures,
        revision=None if commit is None else commit[1],
        context_tokens=context if isinstance(context, int) else None,
    )
