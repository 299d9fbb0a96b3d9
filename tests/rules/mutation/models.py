"""The models that are mutated: of the catalogue, and those of it with other fields."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from neuroscale.architecture.catalogue import Catalogue, load_catalogue

_MODELS = Path(__file__).with_name("models.json")
_FEWEST_LAYERS = 4


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue with the changed models."""
    return load_catalogue().with_configs({row["repository"]: _changed(row) for row in _rows() if "of" in row})


def model_names() -> tuple[str, ...]:
    """Return the repositories that every mutation is tried with."""
    return tuple(row["repository"] for row in _rows())


def config_of(repository: str) -> dict[str, Any]:
    """Return the config.json of a model.

    Raises:
        KeyError: The catalogue does not have it.
    """
    entry = catalogue().entry(repository)
    if entry is None:
        raise KeyError(repository)
    config: dict[str, Any] = json.loads(json.dumps(entry.config))
    # Configurations written out with the weights name code that is published beside them.
    config.pop("auto_map", None)
    return config


def with_few_layers(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration of as few layers as show every kind of layer that the model has."""
    short = copy.deepcopy(dict(config))
    for tower in ("vision_config", "audio_config"):
        if isinstance(short.get(tower), dict) and "num_hidden_layers" in short[tower]:
            short[tower]["num_hidden_layers"] = 1
    text = short.get("text_config") if isinstance(short.get("text_config"), dict) else short
    assert isinstance(text, dict)
    layers = text.get("num_hidden_layers")
    if not isinstance(layers, int):
        return short
    by_layer = {
        name: value for name, value in text.items() if isinstance(value, (list, str)) and len(value) == layers
    }
    fewest = min(layers, max([_FEWEST_LAYERS, *_periods(text), *map(_shortest_prefix, by_layer.values())]))
    text["num_hidden_layers"] = fewest
    for name, value in by_layer.items():
        text[name] = value[:fewest]
    return short


def _periods(text: Mapping[str, Any]) -> Iterator[int]:
    """Yield how many layers show each recurring or leading kind."""
    for name in ("attn_layer_period", "expert_layer_period", "sliding_window_pattern", "full_attention_interval"):
        if isinstance(text.get(name), int):
            yield 2 * text[name]
    if isinstance(text.get("first_k_dense_replace"), int):
        yield text["first_k_dense_replace"] + 1


def _shortest_prefix(values: Sequence[Any]) -> int:
    texts = [json.dumps(value) for value in values]
    return max(texts.index(text) for text in set(texts)) + 1


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(_MODELS.read_text(encoding="utf-8"))["models"])


def _changed(row: Mapping[str, Any]) -> Mapping[str, object]:
    entry = load_catalogue().entry(row["of"])
    assert entry is not None, row["of"]
    return {**entry.config, **row["fields"]}
