"""The index of public models in the crate llmfit-core: figures of config.json, and the parameters that are stored.

Its `parameters_raw` is what the hub reads from the headers of the safetensors files. Its figures are those of the
config.json, null where that cannot be read without permission. Its context length is a stand-in where the file
states none, and is multiplied by the factor of a rope scaling even where the stated length includes it.
"""

import json
from collections.abc import Iterator

from neuroscale.catalogue_building.figures import ModelFigures
from neuroscale.errors import InvalidInputError

# What the index writes where a file states no length.
STAND_IN_TOKENS = 4096
_FIGURES = {
    "num_hidden_layers": "layers",
    "hidden_size": "hidden_size",
    "num_attention_heads": "heads",
    "num_key_value_heads": "kv_heads",
    "head_dim": "head_width",
    "vocab_size": "vocabulary",
    "num_experts": "experts",
    "active_experts": "experts_per_token",
    "shared_expert_intermediate_size": "shared_expert_width",
}


def read_model_index(content: bytes, source: str) -> Iterator[ModelFigures]:
    """Return every model of the index.

    Raises:
        InvalidInputError: It is no list of models with their names and parameters.
    """
    try:
        for row in json.loads(content):
            yield _figures(row, source)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise InvalidInputError(f"is no index of models: {problem!r}", field=source) from None


def _figures(row: dict[str, object], source: str) -> ModelFigures:
    is_read = row.get("num_hidden_layers") is not None
    figures = {name: value for key, name in _FIGURES.items() if isinstance(value := row.get(key), int)}
    width = row.get("moe_intermediate_size")
    if isinstance(width, int):
        # The index keeps the width of dense layers under this name where a model has no experts.
        figures["expert_width" if row.get("is_moe") else "feed_forward_width"] = width
    context = row.get("context_length")
    return ModelFigures(
        repository=str(row["name"]),
        source=source,
        figures=figures if is_read else {},
        model_type=str(row["architecture"]),
        context_tokens=context if isinstance(context, int) and is_read else None,
        published_parameters=int(str(row["parameters_raw"])),
        downloads_a_month=downloads if isinstance(downloads := row.get("hf_downloads"), int) else 0,
    )
