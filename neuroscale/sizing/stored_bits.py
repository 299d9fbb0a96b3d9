"""Bits per weight of a component as a checkpoint declares them: its formats, and what it keeps out of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from neuroscale.architecture.model import LinearComponent, LinearModules, ModelArchitecture, Quantization
from neuroscale.sizing.module_patterns import ModulePatterns, module_patterns

Component = Literal[
    "attention", "dense_feed_forward", "routed_experts", "shared_experts", "output_head", "vision_tower", "other"
]

_SMALLEST_WEIGHT_BITS = 2.0
_HEAD = re.compile(r"(?:^|\.)(?:lm_head|head)\*?$|^re:.*lm_head")
# Modules of a family that does not name its own.
_GENERIC_MODULES: dict[LinearComponent, tuple[str, ...]] = {
    "attention": tuple(f"self_attn.{name}" for name in ("q_proj", "k_proj", "v_proj", "o_proj")),
    "dense_feed_forward": tuple(f"mlp.{name}" for name in ("gate_proj", "up_proj", "down_proj")),
    "routed_experts": tuple(f"mlp.experts.0.{name}" for name in ("gate_proj", "up_proj", "down_proj")),
    "shared_experts": tuple(f"mlp.shared_experts.{name}" for name in ("gate_proj", "up_proj", "down_proj")),
}
# Formats that leave the output head alone whatever the checkpoint says.
# Source: vLLM 0.33.0, `get_quant_method` of Fp8Config, FBGEMMFp8Config and Mxfp4Config.
_METHODS_FOR_LINEAR_MODULES = frozenset({"fp8", "fbgemm_fp8", "mxfp4"})
# More groups and layers than any checkpoint has are not looked at one by one.
_MAXIMUM_GROUPS_TIMES_LAYERS = 2**13
_CLASSES_OF_ALL = frozenset({"Linear", "re:.*"})


@dataclass(frozen=True, slots=True)
class WeightBits:
    """Bits per weight of one component: the least possible and the most to expect."""

    least: float
    most: float


def stored_bits(component: Component, architecture: ModelArchitecture, full_bits: float) -> WeightBits:
    """Return the bits per weight of a component of a quantised checkpoint.

    Modules that the checkpoint keeps out of quantisation have `full_bits`; so have biases and other weights that
    are no linear module, which the least bound does not rest on.

    Args:
        component: The part of the model.
        architecture: A model whose `quantization` is declared.
        full_bits: Bits of a weight that is not quantised.
    """
    declared = architecture.quantization
    if declared is None:
        return WeightBits(full_bits, full_bits)
    least_format, most_format = _format_range(declared, full_bits)
    if component == "other":
        return WeightBits(least_format, full_bits)
    if component == "output_head" or component == "vision_tower":  # noqa: PLR1714 - narrows the type
        is_kept = component == "output_head" and (
            declared.method in _METHODS_FOR_LINEAR_MODULES
            or any(_HEAD.search(name) for name in declared.excluded_modules)
        )
        return WeightBits(full_bits if is_kept else least_format, full_bits)
    modules = tuple(named for named in architecture.linear_modules if named.component == component)
    total = 0 if architecture.parameters is None else getattr(architecture.parameters, component)
    named = sum(module.parameters * len(module.layers) for module in modules)
    if not modules or named > total:
        layers = tuple(range(architecture.layers or 1))
        modules = tuple(LinearModules(component, name, 1, layers) for name in _GENERIC_MODULES[component])
        bits = _mean_bits(modules, declared, full_bits)
        if bits.least != full_bits and bits.most != most_format:
            # Equal shares are a guess: all or nothing of the component may be kept out.
            return WeightBits(least_format, full_bits)
        return bits
    bits = _mean_bits(modules, declared, full_bits)
    if total == 0:
        return bits
    rest = (total - named) / total
    return WeightBits(
        bits.least * (1 - rest) + least_format * rest, bits.most * (1 - rest) + max(full_bits, bits.most) * rest
    )


def _format_range(declared: Quantization, full_bits: float) -> tuple[float, float]:
    """Return the fewest and the most bits of the formats that the checkpoint declares."""
    stated = [group.weight_bits for group in declared.groups] or [declared.weight_bits]
    known = [bits for bits in stated if bits is not None]
    if len(known) < len(stated):
        return _SMALLEST_WEIGHT_BITS, full_bits
    # A scale of 16 bits and a zero point of 4 per group, where the declared bits do not hold them yet.
    scale = 20 / declared.group_size if declared.group_size and any(bits == int(bits) for bits in known) else 0
    return min(*known, full_bits), max(known) + scale


# A planner asks for every candidate, of the same few checkpoints.
@lru_cache(maxsize=2048)
def _mean_bits(modules: tuple[LinearModules, ...], declared: Quantization, full_bits: float) -> WeightBits:
    """Return the mean over all weights of the modules, once with every doubt in favour of fewer bits."""
    kept_out = module_patterns(declared.excluded_modules)
    least_format, most_format = _format_range(declared, full_bits)
    least = most = weights = 0.0
    for module in modules:
        answers = kept_out.layers_by_answer(module)
        quantised = answers["not named"] + answers["possible"]
        least_here, most_here = least_format, most_format
        if declared.groups:
            least_here, most_here = _format_of(module, declared, full_bits)
        most_quantised = answers["not named"] * most_here + answers["possible"] * max(full_bits, most_here)
        least += module.parameters * (answers["named"] * full_bits + quantised * min(least_here, full_bits))
        most += module.parameters * (answers["named"] * full_bits + most_quantised)
        weights += module.parameters * len(module.layers)
    return WeightBits(least / weights, most / weights)


def _format_of(module: LinearModules, declared: Quantization, full_bits: float) -> tuple[float, float]:
    """Return the mean bits of a module in a checkpoint of several formats, its layers weighted equally."""
    least_format, _ = _format_range(declared, full_bits)
    if len(declared.groups) * len(module.layers) > _MAXIMUM_GROUPS_TIMES_LAYERS:
        return least_format, full_bits
    remaining = len(module.layers)
    least = most = 0.0
    for group in declared.groups:
        is_for_all = bool(_CLASSES_OF_ALL.intersection(group.targets))
        named = remaining if is_for_all else min(remaining, _targets(group.targets).layers_named(module))
        least += named * (_SMALLEST_WEIGHT_BITS if group.weight_bits is None else group.weight_bits)
        most += named * (full_bits if group.weight_bits is None else group.weight_bits)
        remaining -= named
    least += remaining * least_format
    most += remaining * full_bits
    return least / len(module.layers), most / len(module.layers)


def _targets(targets: Sequence[str]) -> ModulePatterns:
    return module_patterns(tuple(targets))
