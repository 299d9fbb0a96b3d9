"""The quantisation that a checkpoint declares: `quantization_config`, or `compression_config` in older files.

Bits include the scales where the format fixes them: one scale per block or group, stored in the type named beside
each rule. Formats: FP8 of DeepSeek and Qwen, compressed-tensors, AWQ, GPTQ, MXFP4, ModelOpt (FP8, MXFP8, NVFP4) and
bitsandbytes; for GGUF the mean over the quantised tensors, which the reader of its header states as `bits`. A
checkpoint that mixes formats has no single figure: its bits are None, and its groups say which
modules have which.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.model import Quantization, QuantizedModules
from neuroscale.errors import InvalidInputError

_EXCLUSION_FIELDS = (
    "modules_to_not_convert",
    "ignore",
    "exclude_modules",
    "ignored_layers",
    "llm_int8_skip_modules",
)
_MAXIMUM_EXCLUSIONS = 2**16
_EVERY_MODULE = "Linear"
_MAXIMUM_GROUPS = 64
_MAXIMUM_BITS = 64
_HALF_BITS, _SINGLE_BITS, _BYTE_BITS = 16, 32, 8

MXFP4_BITS = 4 + _BYTE_BITS / 32
MXFP8_BITS = 8 + _BYTE_BITS / 32
NVFP4_BITS = 4 + _BYTE_BITS / 16

_ALGORITHM_BITS = {
    "fp8": 8.0,
    "fp8_pb_wo": 8.0,
    "fp8_per_channel_per_token": 8.0,
    "mxfp8": MXFP8_BITS,
    "nvfp4": NVFP4_BITS,
    "w4a16_nvfp4": NVFP4_BITS,
}


@dataclass(frozen=True, slots=True)
class _WeightFormat:
    """How the quantised weights are stored."""

    bits: float | None
    block_size: tuple[int, int] | None = None
    group_size: int | None = None
    activation_scheme: str | None = None


def read_quantization(root: Fields, text: Fields) -> Quantization | None:
    """Return what the checkpoint declares, or None when it declares nothing.

    Args:
        root: The whole configuration.
        text: Its language model, which is the same object for a text-only model.
    """
    declared = (
        root.nested("quantization_config")
        or text.nested("quantization_config")
        or root.nested("compression_config")
    )
    if declared is None:
        return None
    # ModelOpt's companion file hf_quant_config.json keeps the same fields one level deeper.
    details = declared.nested("quantization") or declared
    method = _method(declared, details)
    weights = _weight_format(method, details)
    groups = () if weights.bits is not None else _quantized_modules(details)
    # A checkpoint in 8 bits of which some parts were quantised further keeps the 8 bits in what it excludes.
    is_quantised_twice = method == "fp8" and bool(groups)
    if is_quantised_twice:
        listed = tuple(group for group in groups if _EVERY_MODULE not in group.targets)
        groups = (*listed, QuantizedModules((_EVERY_MODULE,), _block_format(details).bits))
    elif method == "fp8" and text.optional_text("expert_dtype") == "fp4":
        # DeepSeek-V4: experts in MXFP4, everything else in 8 bits. Source: vLLM 0.33.0, models/deepseek_v4.
        groups = (
            QuantizedModules(("experts",), MXFP4_BITS),
            QuantizedModules((_EVERY_MODULE,), weights.bits),
        )
        weights = replace(weights, bits=None)
    return Quantization(
        method=method,
        weight_bits=weights.bits,
        weight_block_size=weights.block_size,
        group_size=weights.group_size,
        activation_scheme=weights.activation_scheme,
        excluded_modules=() if is_quantised_twice else _exclusions(details),
        kv_cache_type=_kv_cache_type(details),
        groups=groups,
        targets=() if groups else _named_targets(details),
    )


def _method(declared: Fields, details: Fields) -> str:
    method = declared.optional_text("quant_method")
    if method is not None:
        return method.lower()
    if declared.has("producer") or details.has("quant_algo"):
        return "modelopt"
    return "compressed-tensors" if details.has("config_groups") else "unknown"


def _weight_format(method: str, details: Fields) -> _WeightFormat:
    algorithm = (details.optional_text("quant_algo") or "").lower()
    if details.has("quantized_layers") or algorithm == "mixed_precision":
        return _WeightFormat(None, activation_scheme=_activation_scheme(details))
    match method:
        case "fp8" | "fbgemm_fp8":
            return _block_format(details)
        case "mxfp4":
            return _WeightFormat(MXFP4_BITS, group_size=32)
        case "awq" | "gptq":
            return _integer_group_format(details, is_always_asymmetric=method == "gptq")
        case "bitsandbytes":
            return _bitsandbytes_format(details)
        case "modelopt" | "modelopt_fp4" | "nvfp4":
            return _modelopt_format(algorithm, details)
        case "compressed-tensors":
            return _grouped_format(details)
        case "gguf":
            return _WeightFormat(details.optional_number("bits", minimum=1.0, maximum=_MAXIMUM_BITS))
        case _:
            return _WeightFormat(None)


def _block_format(details: Fields) -> _WeightFormat:
    block = details.integers("weight_block_size", maximum=MAXIMUM_WIDTH, minimum=1)
    scheme = _activation_scheme(details)
    if block is None:
        return _WeightFormat(8.0, activation_scheme=scheme)
    size = _pair(details, "weight_block_size", block)
    return _WeightFormat(8 + _SINGLE_BITS / (size[0] * size[1]), size, None, scheme)


def _integer_group_format(details: Fields, *, is_always_asymmetric: bool) -> _WeightFormat:
    """AWQ and GPTQ: a half-precision scale per group; GPTQ stores zero points even when they are all the same."""
    bits = details.optional_integer("bits", "w_bit", maximum=_MAXIMUM_BITS, minimum=1)
    group = details.optional_integer("group_size", "q_group_size", maximum=MAXIMUM_WIDTH, minimum=-1)
    if bits is None:
        return _WeightFormat(None)
    if group is None or group < 1:
        return _WeightFormat(float(bits))
    has_zero_points = is_always_asymmetric or details.flag("zero_point")
    return _WeightFormat(bits + (_HALF_BITS + (bits if has_zero_points else 0)) / group, group_size=group)


def _bitsandbytes_format(details: Fields) -> _WeightFormat:
    """NF4 and FP4 keep a scale per 64 weights: single precision, or a byte with a second scale per 256 of them."""
    if details.flag("load_in_8bit"):
        return _WeightFormat(8.0)
    if not details.flag("load_in_4bit"):
        return _WeightFormat(None)
    if details.flag("bnb_4bit_use_double_quant"):
        return _WeightFormat(4 + _BYTE_BITS / 64 + _SINGLE_BITS / (64 * 256), group_size=64)
    return _WeightFormat(4 + _SINGLE_BITS / 64, group_size=64)


def _modelopt_format(algorithm: str, details: Fields) -> _WeightFormat:
    scheme = _activation_scheme(details)
    if algorithm in _ALGORITHM_BITS:
        group = details.optional_integer("group_size", maximum=MAXIMUM_WIDTH, minimum=1)
        default_group = 16 if algorithm == "nvfp4" else 32 if algorithm == "mxfp8" else None
        return _WeightFormat(
            _ALGORITHM_BITS[algorithm], group_size=group or default_group, activation_scheme=scheme
        )
    return (
        _grouped_format(details) if details.has("config_groups") else _WeightFormat(None, activation_scheme=scheme)
    )


def _grouped_format(details: Fields) -> _WeightFormat:
    """Compressed-tensors: the groups must agree, or there is no single figure."""
    formats = {_one_group_format(group, _stored_format(group, details)) for group in _groups(details)}
    return (
        formats.pop() if len(formats) == 1 else _WeightFormat(None, activation_scheme=_activation_scheme(details))
    )


def _quantized_modules(details: Fields) -> tuple[QuantizedModules, ...]:
    """Return the formats of a checkpoint that mixes several: by layer as ModelOpt lists them, or by group."""
    layers = details.nested("quantized_layers")
    if layers is None:
        return tuple(_modules_of_group(group, details) for group in _groups(details))
    names = layers.names()
    if len(names) > _MAXIMUM_EXCLUSIONS:
        raise InvalidInputError(
            f"has {len(names)} entries, more than {_MAXIMUM_EXCLUSIONS}", field=details.path("quantized_layers")
        )
    targets: dict[float | None, list[str]] = {}
    for name in names:
        layer = layers.nested(name)
        algorithm = "" if layer is None else (layer.optional_text("quant_algo") or "").lower()
        targets.setdefault(_ALGORITHM_BITS.get(algorithm), []).append(name)
    return tuple(QuantizedModules(tuple(modules), bits) for bits, modules in targets.items())


def _modules_of_group(group: Fields, details: Fields) -> QuantizedModules:
    targets = group.texts("targets", maximum_length=_MAXIMUM_EXCLUSIONS) or ()
    return QuantizedModules(targets, _one_group_format(group, _stored_format(group, details)).bits)


def _named_targets(details: Fields) -> tuple[str, ...]:
    """Return what the groups of compressed-tensors are for, unless that is every linear module."""
    targets = [
        target
        for group in _groups(details)
        for target in group.texts("targets", maximum_length=_MAXIMUM_EXCLUSIONS) or ()
    ]
    return () if _EVERY_MODULE in targets else tuple(targets)


def _stored_format(group: Fields, details: Fields) -> str:
    return group.optional_text("format") or details.optional_text("format") or ""


def _one_group_format(group: Fields, stored_format: str) -> _WeightFormat:
    scheme = _scheme_of_group(group)
    weights = group.nested("weights")
    if weights is None:
        return _WeightFormat(None, activation_scheme=scheme)
    bits = weights.optional_integer("num_bits", maximum=_MAXIMUM_BITS, minimum=1)
    size = weights.optional_integer("group_size", maximum=MAXIMUM_WIDTH, minimum=-1)
    group_size = size if size is not None and size > 0 else None
    block = weights.integers("block_structure", maximum=MAXIMUM_WIDTH, minimum=1)
    if bits is None:
        return _WeightFormat(None, activation_scheme=scheme)
    if block is not None:
        pair = _pair(weights, "block_structure", block)
        return _WeightFormat(bits + _SINGLE_BITS / (pair[0] * pair[1]), pair, None, scheme)
    if group_size is None:
        return _WeightFormat(float(bits), activation_scheme=scheme)
    if weights.optional_text("type") == "float":
        # Small floats carry a byte per group: an FP8 scale (NVFP4) or a power of two (MXFP4).
        is_byte_scaled = bits == 4 or stored_format.startswith(("mxfp", "nvfp"))
        return _WeightFormat(
            bits + (_BYTE_BITS if is_byte_scaled else _HALF_BITS) / group_size, None, group_size, scheme
        )
    zero_point = 0 if weights.value("symmetric")[1] in (None, True) else bits
    return _WeightFormat(bits + (_HALF_BITS + zero_point) / group_size, None, group_size, scheme)


def _groups(details: Fields) -> list[Fields]:
    groups = details.nested("config_groups")
    if groups is None:
        return []
    names = groups.names()
    if len(names) > _MAXIMUM_GROUPS:
        raise InvalidInputError(
            f"has {len(names)} groups, more than {_MAXIMUM_GROUPS}", field=details.path("config_groups")
        )
    return [group for name in names if (group := groups.nested(name)) is not None]


def _activation_scheme(details: Fields) -> str | None:
    stated = details.optional_text("activation_scheme")
    if stated is not None:
        return stated.lower()
    schemes = {_scheme_of_group(group) for group in _groups(details)}
    return schemes.pop() if len(schemes) == 1 else None


def _scheme_of_group(group: Fields) -> str | None:
    activations = group.nested("input_activations")
    if activations is None:
        return None
    # Compressed-tensors also writes "local" for scales that are computed per group while running.
    return "static" if activations.value("dynamic")[1] in (None, False) else "dynamic"


def _kv_cache_type(details: Fields) -> str | None:
    _, value = details.value("kv_cache_quant_algo", "kv_cache_scheme")
    if value is None:
        return None
    if isinstance(value, Mapping):
        scheme = details.nested("kv_cache_scheme")
        bits = None if scheme is None else scheme.optional_integer("num_bits", maximum=_MAXIMUM_BITS)
        kind = None if scheme is None else scheme.optional_text("type")
        return None if bits is None or kind is None else f"{'fp' if kind == 'float' else kind}{bits}"
    stated = details.optional_text("kv_cache_quant_algo", "kv_cache_scheme")
    return None if stated is None else stated.lower()


def _exclusions(details: Fields) -> tuple[str, ...]:
    modules: list[str] = []
    for name in _EXCLUSION_FIELDS:
        modules.extend(details.texts(name, maximum_length=_MAXIMUM_EXCLUSIONS) or ())
    return tuple(modules)


def _pair(fields: Fields, name: str, values: tuple[int, ...]) -> tuple[int, int]:
    if len(values) != 2:
        raise InvalidInputError(
            f"must have two entries, rows and columns, not {len(values)}", field=fields.path(name)
        )
    return values[0], values[1]
