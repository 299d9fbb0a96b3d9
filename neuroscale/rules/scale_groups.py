"""How many neighbouring weights of a quantised layer share a scale, and what vLLM says of a cut through them.

Sources: vLLM 0.8.5 to 0.33.0, `create_weights` of the linear method of each format: `quantization/awq.py` and its
successors, `compressed_tensors_wNa16.py`, `modelopt.py`, `online/mxfp8.py` and `online/mxfp4.py`.
"""

from dataclasses import dataclass

from packaging.version import Version

from neuroscale.architecture.model import Quantization
from neuroscale.architecture.quantization import MXFP8_BITS, NVFP4_BITS
from neuroscale.engines.settings import EngineSettings

# Every other value of --quantization hands an AWQ checkpoint to other kernels.
_AWQ_METHODS = frozenset({None, "awq", "awq_marlin", "auto_awq"})
_AWQ_REFUSAL = (
    '"The input size is not aligned with the quantized weight shape. This can be caused by too large tensor '
    'parallel size."'
)
_HALF_BITS = 16
_FIRST_WITHOUT_ACTIVATION_ORDER = Version("0.30.0")
_FIRST_TO_NAME_THE_GROUP = Version("0.25.0")
_MODELOPT_UNITS = {
    NVFP4_BITS: (16, '"Unsupported model when in features size is not multiple of 16"'),
    MXFP8_BITS: (32, '"MXFP8 requires input size divisible by 32, got {slice}"'),
}
# What is quantised while it is loaded, and the first release that checks the slice.
_WHILE_LOADING = {"mxfp8": Version("0.19.0"), "mxfp4": Version("0.28.0")}
_MX_BLOCK = 32
# They may leave layers as they are.
_OVERRIDES = frozenset({"--hf-overrides", "--quantization-config"})


@dataclass(frozen=True, slots=True)
class ScaleGroup:
    """Neighbouring weights along the input of a linear layer that share one scale.

    Attributes:
        weights: How many they are.
        refusal: What vLLM says of a slice that ends inside one, with `{slice}` in it; the text with its quotes.
        is_certain: Whether the version certainly says it.
        unless: What else would have to hold, for a case that is not certain.
    """

    weights: int
    refusal: str
    is_certain: bool = True
    unless: str = ""


def scale_group(quantization: Quantization | None, settings: EngineSettings) -> ScaleGroup | None:
    """Return the group of the linear layers under these settings; None where no cut is certainly refused."""
    if quantization is None:
        return _while_loading(settings)
    if quantization.groups or quantization.targets:
        return None
    stated = settings.quantization
    if quantization.method == "awq" and stated in _AWQ_METHODS and quantization.group_size:
        return ScaleGroup(quantization.group_size, _AWQ_REFUSAL)
    if quantization.method == "compressed-tensors" and stated in {None, quantization.method}:
        weights = weight_only_group_size(quantization)
        return None if weights is None else _of_compressed_tensors(weights, settings.version)
    if quantization.method in {"modelopt", "modelopt_fp4"} and (stated or "modelopt").startswith("modelopt"):
        unit = _MODELOPT_UNITS.get(quantization.weight_bits or 0.0)
        return None if unit is None else ScaleGroup(*unit)
    return None


def weight_only_group_size(quantization: Quantization) -> int | None:
    """Return the group size of compressed-tensors with integer weights and 16-bit activations, None otherwise.

    The stored bits tell: integers have a 16-bit scale per group, and a zero point if they are asymmetric; the
    formats with floating-point weights have a scale of 8 bits.
    """
    group, stored = quantization.group_size, quantization.weight_bits
    if quantization.method != "compressed-tensors" or group is None or stored is None:
        return None
    if quantization.activation_scheme is not None or quantization.groups:
        return None
    is_integer = any(stored in {bits + _HALF_BITS / group, bits + (_HALF_BITS + bits) / group} for bits in (4, 8))
    return group if is_integer else None


def takes_activation_order(version: Version | None) -> bool:
    """Whether a release may load weights in activation order, whose scales every rank keeps whole."""
    return version is None or version < _FIRST_WITHOUT_ACTIVATION_ORDER


def _of_compressed_tensors(weights: int, version: Version | None) -> ScaleGroup:
    named = f'"Weight input_size_per_partition={{slice}} ... is not divisible by group_size={weights}."'
    is_named = version is None or version >= _FIRST_TO_NAME_THE_GROUP
    refusal = named if is_named else "a bare AssertionError"
    if takes_activation_order(version):
        return ScaleGroup(weights, refusal, is_certain=False, unless="unless they are in activation order, ")
    return ScaleGroup(weights, refusal)


def _while_loading(settings: EngineSettings) -> ScaleGroup | None:
    stated = settings.quantization or ""
    first = _WHILE_LOADING.get(stated)
    if first is None or settings.version is None or settings.version < first:
        return None
    if _OVERRIDES & {*settings.options, *settings.unresolved}:
        return None
    refusal = f'"{stated.upper()} requires input_size_per_partition ({{slice}}) to be divisible by {_MX_BLOCK}."'
    return ScaleGroup(_MX_BLOCK, refusal)
