"""Bits per weight, by component, of a model as the engine holds it in memory."""

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.stored_bits import Component, WeightBits, stored_bits

_SMALLEST_WEIGHT_BITS = 2.0
_ONLINE_WEIGHT_BITS = {
    "fp8": 8.0,
    "fp8_per_tensor": 8.0,
    "fp8_per_block": 8.0,
    "fp8_per_channel": 8.0,
    "mxfp8": 8.25,
    "mxfp4": 4.25,
    "int8_per_channel_weight_only": 8.0,
    "nvfp4_per_token": 4.5,
    "bitsandbytes": 4.0,
}
_EMBEDDING_QUANTISING_METHODS = frozenset({"gguf", "torchao", "unknown"})
_HALF_PRECISION_BITS = 16.0
_FULL_PRECISION_BITS = 32.0


def unquantised_bits(settings: EngineSettings) -> float:
    """Return the bits of a weight that is not quantised.

    The engine loads every checkpoint in a 16-bit type unless `--dtype float32` is given: `auto` casts float32 down.
    Source: vLLM 0.33.0, documentation of `--dtype`.
    """
    return _FULL_PRECISION_BITS if settings.data_type in {"float32", "float"} else _HALF_PRECISION_BITS


def embedding_bits(architecture: ModelArchitecture, settings: EngineSettings) -> WeightBits:
    """Return the bits per weight of the input embedding: unquantised, but for formats that quantise it too."""
    full = unquantised_bits(settings)
    declared = architecture.quantization
    method = None if declared is None else declared.method
    if not _EMBEDDING_QUANTISING_METHODS & {method, settings.quantization}:
        return WeightBits(full, full)
    stated = None if declared is None else declared.weight_bits
    return WeightBits(min(_SMALLEST_WEIGHT_BITS, stated or _SMALLEST_WEIGHT_BITS), full)


def component_bits(component: Component, architecture: ModelArchitecture, settings: EngineSettings) -> WeightBits:
    """Return the bits per weight of a component, from the checkpoint's quantisation or the engine's own."""
    full = unquantised_bits(settings)
    declared = architecture.quantization
    if declared is None:
        if settings.quantization in {None, "None", ""}:
            return WeightBits(full, full)
        online = _ONLINE_WEIGHT_BITS.get(settings.quantization or "")
        least = _SMALLEST_WEIGHT_BITS if online is None else online
        if component in {"output_head", "vision_tower", "other"}:
            return WeightBits(min(least, full), full)
        return WeightBits(least, full if online is None else online)
    return stored_bits(component, architecture, full)
