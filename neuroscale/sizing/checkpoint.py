"""What the weights of a checkpoint take as they are stored, by component."""

import math
from collections.abc import Mapping

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.sizing.bounds import ZERO_BYTES, ByteBounds
from neuroscale.sizing.stored_bits import Component, WeightBits, stored_bits

_BITS_BY_DATA_TYPE = {"float32": 32.0, "float": 32.0}
_HALF_PRECISION_BITS = 16.0
# Routers and norms are stored in single precision by some models.
_SINGLE_PRECISION_BITS = 32.0
# Formats that quantise the embedding as well.
_EMBEDDING_QUANTISING_METHODS = frozenset({"gguf", "torchao", "unknown"})
_SMALLEST_WEIGHT_BITS = 2.0
_STORED: Mapping[str, Component] = {
    "attention": "attention",
    "dense_feed_forward": "dense_feed_forward",
    "routed_experts": "routed_experts",
    "shared_experts": "shared_experts",
    "output_head": "output_head",
    "vision_tower": "vision_tower",
    "audio_tower": "vision_tower",
    "other": "other",
}


def checkpoint_bytes_by_component(architecture: ModelArchitecture) -> Mapping[str, ByteBounds] | None:
    """Return the stored bytes of every component, scales included; None when the parameters are not known.

    The names are those of `ParameterCounts`. Bounds are equal where the configuration settles the format; layers
    that draft tokens are not counted.
    """
    counts = architecture.parameters
    if counts is None:
        return None
    full = _BITS_BY_DATA_TYPE.get(architecture.data_type or "", _HALF_PRECISION_BITS)
    declared = architecture.quantization
    bits = {name: stored_bits(component, architecture, full) for name, component in _STORED.items()}
    least_embedding = full
    if declared is not None and declared.method in _EMBEDDING_QUANTISING_METHODS:
        least_embedding = min(_SMALLEST_WEIGHT_BITS, declared.weight_bits or _SMALLEST_WEIGHT_BITS)
    bits["input_embedding"] = WeightBits(least_embedding, full)
    for name in ("router", "normalisation"):
        bits[name] = WeightBits(full, full if declared is None else max(full, _SINGLE_PRECISION_BITS))
    return {
        name: ByteBounds(
            math.floor(getattr(counts, name) * width.least / 8), math.ceil(getattr(counts, name) * width.most / 8)
        )
        for name, width in bits.items()
    }


def draft_layer_bytes(architecture: ModelArchitecture) -> ByteBounds | None:
    """Return the stored bytes of the layers that draft tokens; None when there are none or they are not counted.

    Checkpoints store them quantised or not, so that the bounds are the fewest bits of the format and the full ones.
    """
    prediction = architecture.multi_token_prediction
    if prediction is None or prediction.parameters is None:
        return None
    full = _BITS_BY_DATA_TYPE.get(architecture.data_type or "", _HALF_PRECISION_BITS)
    bits = stored_bits("other", architecture, full)
    return ByteBounds(
        math.floor(prediction.parameters * bits.least / 8), math.ceil(prediction.parameters * bits.most / 8)
    )


def checkpoint_bytes(architecture: ModelArchitecture) -> ByteBounds | None:
    """Return the stored bytes of all weights; None when the parameters are not known."""
    components = checkpoint_bytes_by_component(architecture)
    return None if components is None else sum(components.values(), ZERO_BYTES)
