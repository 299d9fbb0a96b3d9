"""Weights that the fullest accelerator of a deployment holds."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from neuroscale.architecture.model import ModelArchitecture, ParameterCounts
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.bounds import ZERO_BYTES, ByteBounds
from neuroscale.sizing.loading import (
    absorbed_projection_bytes,
    allocation_rest_bytes,
    drafting_bytes,
    rotary_cache_bytes,
)
from neuroscale.sizing.memo_keys import SameObject, SameSettings
from neuroscale.sizing.precision import component_bits, embedding_bits, unquantised_bits
from neuroscale.sizing.rank_layout import rank_layout
from neuroscale.sizing.stored_bits import Component, WeightBits

# Down-projections of latent attention are replicated over tensor-parallel ranks: 8 to 13 % of its parameters in
# DeepSeek-V2/V3, Kimi-K2 and GLM-4.7-Flash.
_REPLICATED_LATENT_SHARE = 0.25
# Routers and norms are kept in single precision by some models.
_SINGLE_PRECISION_BITS = 32.0
_GIBIBYTE = 2**30
# Options that may leave any weights off the device: offloading, and in SGLang experts on the host (KTransformers)
# or on replicas that join later, and a server that runs the encoder of images alone.
_OFFLOADING_OPTIONS = ("--offload-", "--kt-", "--ple-offload-", "--elastic-ep-", "--dwdp-size", "--encoder-only")

RankComponent = Literal[
    "attention",
    "dense_feed_forward",
    "shared_experts",
    "routed_experts",
    "embeddings_and_head",
    "router_and_normalisation",
    "towers",
    "other",
]


@dataclass(frozen=True, slots=True)
class _Share:
    """Parameters of one component on the fullest accelerator, and their precision."""

    component: RankComponent
    least_parameters: float
    most_parameters: float
    bits: WeightBits

    def bounds(self) -> ByteBounds:
        return ByteBounds(
            math.floor(self.least_parameters * self.bits.least / 8),
            math.ceil(self.most_parameters * self.bits.most / 8),
        )


def weight_bytes_per_accelerator(architecture: ModelArchitecture, settings: EngineSettings) -> ByteBounds | None:
    """Return the weights on the fullest accelerator, None when the parameters are not known.

    Every component is cut as `rank_layout` says of the engine; PP divides the layers; router and norms are on every
    rank. The optimistic bound never exceeds what is loaded: the mean over pipeline stages, no
    padding. The pessimistic one counts the longest stage with both embeddings, replicated KV heads, the vision
    tower on every rank, padding of 4-bit experts, and what loading leaves beside the weights: rotary tables, latent
    projections in their absorbed form, draft layers, and the rests of allocations.

    Source: vLLM documentation page "Data Parallel Deployment"; the sources of `rank_layout`.
    """
    components = weight_bytes_by_component(architecture, settings)
    return None if components is None else sum(components.values(), ZERO_BYTES)


def weight_bytes_by_component(
    architecture: ModelArchitecture, settings: EngineSettings
) -> Mapping[RankComponent, ByteBounds] | None:
    """Return the weights on the fullest accelerator by component, None when the parameters are not known.

    Every component is present, in the order of RankComponent, and together they are exactly what
    `weight_bytes_per_accelerator` returns. What an offloading option may move to the host is taken off the lower
    bounds of the largest components first, as the engine does not promise which weights go.
    """
    return _components(SameObject(architecture), SameSettings(settings))


# Several rules ask for the weights of one layout, and a planner for those of many on each kind of accelerator.
@lru_cache(maxsize=256)
def _components(
    same_architecture: SameObject[ModelArchitecture], key: SameSettings
) -> Mapping[RankComponent, ByteBounds] | None:
    architecture, settings = same_architecture.value, key.settings
    counts = architecture.parameters
    if counts is None:
        return None
    components: dict[RankComponent, ByteBounds] = dict.fromkeys(get_args(RankComponent), ZERO_BYTES)
    for share in _shares(architecture, settings, counts):
        components[share.component] = components[share.component] + share.bounds()
    components["attention"] += ByteBounds(0, absorbed_projection_bytes(architecture, settings))
    components["other"] += ByteBounds(
        0,
        rotary_cache_bytes(architecture)
        + drafting_bytes(architecture, settings)
        + allocation_rest_bytes(architecture, settings),
    )
    offloadable = _offloadable_bytes(settings)
    if offloadable:
        for name, amount in sorted(components.items(), key=lambda item: item[1].optimistic_bytes, reverse=True):
            moved = min(offloadable, amount.optimistic_bytes)
            components[name] = ByteBounds(amount.optimistic_bytes - int(moved), amount.pessimistic_bytes)
            offloadable -= moved
    return components


def _shares(architecture: ModelArchitecture, settings: EngineSettings, counts: ParameterCounts) -> Iterable[_Share]:
    layout = rank_layout(architecture, settings)
    stages = settings.pipeline_parallel_size
    full = unquantised_bits(settings)
    longest_stage = _longest_stage_share(architecture, stages)

    def bits(component: Component) -> WeightBits:
        return component_bits(component, architecture, settings)

    yield _Share(
        "embeddings_and_head",
        counts.input_embedding / layout.input_embedding.most / stages,
        _with_padding(counts.input_embedding, layout.input_embedding.fewest, architecture),
        embedding_bits(architecture, settings),
    )
    yield _Share(
        "embeddings_and_head",
        counts.output_head / layout.output_head.most / stages,
        counts.output_head / layout.output_head.fewest,
        bits("output_head"),
    )
    yield _Share(
        "attention",
        counts.attention / layout.attention.most / stages,
        _most_attention_parameters(architecture, counts, layout.attention.fewest) * longest_stage,
        bits("attention"),
    )
    yield _Share(
        "dense_feed_forward",
        counts.dense_feed_forward / layout.dense_feed_forward.most / stages,
        counts.dense_feed_forward / layout.dense_feed_forward.fewest * longest_stage,
        bits("dense_feed_forward"),
    )
    yield _Share(
        "shared_experts",
        counts.shared_experts / layout.shared_experts.most / stages,
        counts.shared_experts / layout.shared_experts.fewest * longest_stage,
        bits("shared_experts"),
    )
    expert_bits = bits("routed_experts")
    for parameters, least_bits in ((counts.router, min(full, expert_bits.least)), (counts.normalisation, full)):
        yield _Share(
            "router_and_normalisation",
            parameters / stages,
            parameters * longest_stage,
            WeightBits(least_bits, _SINGLE_PRECISION_BITS),
        )
    yield _Share(
        "routed_experts",
        counts.routed_experts * layout.least_expert_share / stages,
        counts.routed_experts
        * layout.most_expert_share
        * longest_stage
        * _expert_padding(architecture, settings, expert_bits),
        expert_bits,
    )
    tensor = settings.tensor_parallel_size
    towers = counts.vision_tower + counts.audio_tower
    yield _Share("towers", towers / tensor / stages if layout.loads_towers else 0, towers, bits("vision_tower"))
    yield _Share("other", counts.other / tensor / stages, counts.other, bits("other"))


def _longest_stage_share(architecture: ModelArchitecture, stages: int) -> float:
    """Share of the layers on the longest pipeline stage."""
    if stages == 1 or not architecture.layers:
        return 1 / stages
    return min(1.0, math.ceil(architecture.layers / stages) / architecture.layers)


def _with_padding(parameters: int, tensor: int, architecture: ModelArchitecture) -> float:
    """Return embedding parameters per rank: rows are padded to a multiple of 64."""
    if not architecture.vocabulary_size:
        return parameters / tensor
    rows = math.ceil(architecture.vocabulary_size / (64 * tensor)) * 64
    return max(parameters / tensor, parameters * rows / architecture.vocabulary_size)


def _most_attention_parameters(architecture: ModelArchitecture, counts: ParameterCounts, tensor: int) -> float:
    """Attention parameters per tensor-parallel rank, with KV heads replicated where there are fewer than ranks."""
    attention = architecture.attention
    if attention is None or architecture.hidden_size is None:
        return float(counts.attention)
    if attention.is_latent:
        return min(counts.attention, counts.attention * (1 / tensor + _REPLICATED_LATENT_SHARE))
    replicated = 0.0
    for group in attention.groups:
        if group.kv_heads and tensor > group.kv_heads:
            elements = group.key_elements_per_token + group.value_elements_per_token
            replicated += group.layers * elements * architecture.hidden_size * (1 - group.kv_heads / tensor)
    return counts.attention / tensor + replicated


def _expert_padding(architecture: ModelArchitecture, settings: EngineSettings, bits: WeightBits) -> float:
    """Growth of MXFP4 experts: width per rank up to a multiple of 128, hidden size up to a multiple of 256.

    Source: vLLM 0.33.0, `mxfp4_round_up_hidden_size_and_intermediate_size`.
    """
    if architecture.experts is None or architecture.hidden_size is None or bits.least >= 8:
        return 1.0
    ranks = settings.expert_tensor_parallel_size
    width = architecture.experts.expert_intermediate_size / ranks
    return (math.ceil(width / 128) * 128 / width) * (
        math.ceil(architecture.hidden_size / 256) * 256 / architecture.hidden_size
    )


def _offloadable_bytes(settings: EngineSettings) -> float:
    """Return what `--cpu-offload-gb` (GiB per accelerator) or another offloading option may move to the host."""
    if any(name.startswith(_OFFLOADING_OPTIONS) for name in settings.options):
        return math.inf
    try:
        offloaded = float(settings.options.get("--cpu-offload-gb", "0"))
    except ValueError:
        return 0
    if not math.isfinite(offloaded):
        return 0
    return math.ceil(max(0.0, offloaded) * _GIBIBYTE)
