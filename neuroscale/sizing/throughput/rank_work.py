"""What one accelerator reads and computes for a token: sums that depend on neither batch nor context."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from neuroscale.architecture.model import AttentionGroup, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.kv_cache import cache_element_bytes
from neuroscale.sizing.precision import component_bits, embedding_bits, unquantised_bits
from neuroscale.sizing.stored_bits import Component
from neuroscale.sizing.throughput.assumptions import FEWEST_PICKED_TOKENS, MOST_PICKED_TOKENS, NumberFormat
from neuroscale.sizing.weights import RankComponent, weight_bytes_by_component

_Value = TypeVar("_Value")
_BITS_OF_HALF = 16.0
_MOST_BITS_OF_FLOAT4, _MOST_BITS_OF_FLOAT8 = 6.0, 9.0
# Formats whose weights are widened before they are multiplied.
_WEIGHT_ONLY_METHODS = frozenset(
    {"awq", "gptq", "bitsandbytes", "gguf", "int8_per_channel_weight_only", "w4a16_nvfp4", "auto-round"}
)
_STEADY_COMPONENTS: tuple[RankComponent, ...] = (
    "attention",
    "dense_feed_forward",
    "shared_experts",
    "router_and_normalisation",
    "other",
)
# Index keys of a sparse-attention indexer: 8 bits with a scale, 4 bits at the least.
_LEAST_INDEX_BYTES, _MOST_INDEX_BYTES = 0.5, 132 / 128


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity between the least possible and the most to expect."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operations of one token on one accelerator, and the formats that they may be done in.

    Attributes:
        operations: Floating-point operations, two per multiplication and addition.
        fastest: The narrowest format that the weights allow.
        slowest: The format that an engine falls back on.
    """

    operations: float
    fastest: NumberFormat
    slowest: NumberFormat


@dataclass(frozen=True, slots=True)
class CacheWork:
    """What the layers of one group read of the cache of one request, and compute with it, on one accelerator.

    Attributes:
        entry_bytes: Of one cached entry in all layers.
        index_bytes: Of one entry of a sparse-attention indexer in all layers; it is read whole.
        state_bytes: Read and written in every step whatever the context.
        operations_per_entry: Of one query token with one cached entry, in all layers.
        window_tokens: Newest tokens that are looked at; None for all.
        tokens_per_entry: Tokens that one entry stands for.
        picked_entries: Entries that sparse attention looks at; None where it looks at all.
    """

    entry_bytes: Amount
    index_bytes: Amount
    state_bytes: Amount
    operations_per_entry: Amount
    window_tokens: int | None
    tokens_per_entry: int
    picked_entries: Amount | None


@dataclass(frozen=True, slots=True)
class RankWork:
    """The work of one accelerator of the deployment, mean and slowest pipeline stage.

    Attributes:
        steady_bytes: Weights that every step reads.
        routed_bytes: All routed experts that the accelerator holds.
        experts: Routed experts of a layer; 0 for a dense model.
        experts_per_token: Experts that compute a token; 0 for a dense model.
        ranks_feeding_experts: Data-parallel ranks whose tokens reach the experts of this accelerator.
        expert_ranks: Accelerators among which a layer's experts are divided, whole or cut.
        steady: Arithmetic of a token of this rank.
        head: That of the output head, which prefill needs for the last token alone.
        routed: Arithmetic of a token of any rank that feeds the experts; None for a dense model.
        cache: The groups of layers with a cache or state.
        layers: Layers of one stage: the mean and the most.
        expert_layers: Those of them with routed experts.
        latent_layers: Layers of one stage with latent attention, at the most.
        indexed_layers: Those of them that pick tokens by an indexer.
        hidden_size: Width of the residual stream.
        prompt_operations: Attention operations of one token of a prompt with one token before it, relative to
            `operations_per_entry`.
    """

    steady_bytes: Amount
    routed_bytes: Amount
    experts: int
    experts_per_token: int
    ranks_feeding_experts: int
    expert_ranks: int
    steady: tuple[Arithmetic, ...]
    head: Arithmetic
    routed: Arithmetic | None
    cache: tuple[CacheWork, ...]
    layers: Amount
    expert_layers: Amount
    latent_layers: int
    indexed_layers: int
    hidden_size: int
    prompt_operations: float


class SameObject(Generic[_Value]):
    """Stands for an object in a cache key by identity: hashing a whole architecture takes longer than an answer."""

    __slots__ = ("value",)

    def __init__(self, value: _Value) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameObject) and self.value is other.value


def rank_work(architecture: ModelArchitecture, settings: EngineSettings) -> RankWork | None:
    """Return the work of one accelerator; None when parameters, attention or width are not known, or in float32.

    No figure for arithmetic in 32 bits is kept of accelerators. The work is kept for the objects given, which are
    not to be changed.
    """
    return _rank_work(SameObject(architecture), SameObject(settings))


# The same layout is asked for on many accelerators; few objects are kept, as architectures are large.
@lru_cache(maxsize=256)
def _rank_work(
    same_architecture: SameObject[ModelArchitecture], same_settings: SameObject[EngineSettings]
) -> RankWork | None:
    architecture, settings = same_architecture.value, same_settings.value
    if unquantised_bits(settings) > _BITS_OF_HALF:
        return None
    counts, attention = architecture.parameters, architecture.attention
    weights = weight_bytes_by_component(architecture, settings)
    if counts is None or weights is None or attention is None or not attention.groups:
        return None
    if not architecture.hidden_size or not architecture.layers or architecture.active_routed_experts is None:
        return None
    if counts.routed_experts and architecture.experts is None:
        return None
    tensor, stages = settings.tensor_parallel_size, settings.pipeline_parallel_size
    attention_tensor = settings.attention_tensor_parallel_size
    head = _head_parameters(architecture)
    bits = embedding_bits(architecture, settings) if counts.output_head == 0 else None
    head_bits = bits or component_bits("output_head", architecture, settings)
    # Copies of the attention inside the tensor-parallel group are each cut in fewer parts.
    copies = tensor // attention_tensor
    steady = [weights[name] for name in _STEADY_COMPONENTS]
    least = sum(each.optimistic_bytes for each in steady) + weights["attention"].optimistic_bytes * (copies - 1)
    most = sum(each.pessimistic_bytes for each in steady) + weights["attention"].pessimistic_bytes * (copies - 1)
    least_bytes = least + head * head_bits.least / 8 / tensor / stages
    most_bytes = most + head * head_bits.most / 8 / attention_tensor
    longest = _longest_stage(architecture.layers, stages)
    experts = architecture.experts if counts.routed_experts else None
    expert_ranks = tensor * settings.prefill_context_parallel_size
    feeding = settings.attention_data_parallel_size
    if settings.engine != "sglang":
        expert_ranks *= settings.data_parallel_size
        feeding *= settings.data_parallel_size
    routed_share = counts.routed_experts / expert_ranks
    expert_bits = component_bits("routed_experts", architecture, settings)
    expert_layers = 0 if experts is None else experts.moe_layers
    return RankWork(
        steady_bytes=Amount(least_bytes, most_bytes),
        routed_bytes=Amount(
            routed_share / stages * expert_bits.least / 8,
            max(weights["routed_experts"].pessimistic_bytes, routed_share / stages * expert_bits.most / 8),
        ),
        experts=0 if experts is None else experts.routed_experts,
        experts_per_token=0 if experts is None else experts.experts_per_token,
        ranks_feeding_experts=feeding,
        expert_ranks=expert_ranks,
        steady=(
            _arithmetic(counts.attention, "attention", architecture, settings, attention_tensor * stages),
            _arithmetic(counts.dense_feed_forward, "dense_feed_forward", architecture, settings, tensor * stages),
            _arithmetic(counts.shared_experts, "shared_experts", architecture, settings, tensor * stages),
            Arithmetic(2 * counts.router / stages, "half", "half"),
        ),
        head=_arithmetic(head, "output_head", architecture, settings, tensor * stages),
        routed=None
        if experts is None
        else _arithmetic(
            architecture.active_routed_experts, "routed_experts", architecture, settings, expert_ranks * stages
        ),
        cache=tuple(_cache_work(group, architecture, settings) for group in attention.groups),
        layers=Amount(architecture.layers / stages, longest),
        expert_layers=Amount(expert_layers / stages, min(longest, expert_layers)),
        latent_layers=_longest_stage(
            sum(group.layers for group in attention.groups if group.kind == "latent"), stages
        ),
        indexed_layers=_longest_stage(
            sum(group.layers for group in attention.groups if group.indexer_elements_per_token), stages
        ),
        hidden_size=architecture.hidden_size,
        prompt_operations=_prompt_operations(architecture),
    )


def _longest_stage(layers: int, stages: int) -> int:
    """Return the layers of the longest pipeline stage."""
    return -(-layers // stages)


def _head_parameters(architecture: ModelArchitecture) -> int:
    """Return the parameters of the output head, which is the embedding of tied models."""
    counts = architecture.parameters
    if counts is None:
        return 0
    if counts.output_head or not architecture.tied_embeddings:
        return counts.output_head
    return (architecture.vocabulary_size or 0) * (architecture.hidden_size or 0)


def _arithmetic(
    parameters: int, component: Component, architecture: ModelArchitecture, settings: EngineSettings, ranks: int
) -> Arithmetic:
    fastest, slowest = _formats(component, architecture, settings)
    return Arithmetic(2 * parameters / ranks, fastest, slowest)


def _formats(
    component: Component, architecture: ModelArchitecture, settings: EngineSettings
) -> tuple[NumberFormat, NumberFormat]:
    """Return the narrowest format that a component may be multiplied in, and the one that is certain."""
    bits = component_bits(component, architecture, settings)
    declared = architecture.quantization
    method = settings.quantization if declared is None else declared.method
    if bits.least >= _BITS_OF_HALF or method in _WEIGHT_ONLY_METHODS:
        return "half", "half"
    if method == "compressed-tensors" and declared is not None and declared.activation_scheme is None:
        return "half", "half"
    if method == "mxfp4":
        # Activations are in 8 bits on devices that multiply them with 4-bit weights, in 16 elsewhere.
        return "float8", "half"
    if bits.least <= _MOST_BITS_OF_FLOAT4:
        return "float4", "float4" if bits.most <= _MOST_BITS_OF_FLOAT4 else "half"
    return "float8", "float8" if bits.most <= _MOST_BITS_OF_FLOAT8 else "half"


def _cache_work(group: AttentionGroup, architecture: ModelArchitecture, settings: EngineSettings) -> CacheWork:
    attention = architecture.attention
    heads = () if attention is None else (attention.heads, *attention.other_heads)
    tensor = settings.attention_tensor_parallel_size
    context_ranks = settings.decode_context_parallel_size * settings.prefill_context_parallel_size
    least_layers = group.layers / settings.pipeline_parallel_size
    most_layers = _longest_stage(group.layers, settings.pipeline_parallel_size)
    element = cache_element_bytes(architecture, settings)
    elements = group.key_elements_per_token + group.value_elements_per_token
    least_heads = max(1.0, group.kv_heads / tensor) if group.kv_heads else 0.0
    most_heads = max(1, -(-group.kv_heads // tensor)) if group.kv_heads else 0
    state_ranks = 1 if group.kind == "latent" else tensor
    # The latent row is key and value at once, the value without its rope part.
    looked_at = elements * (2 if group.kind == "latent" else 1)
    operations = 2 * looked_at / tensor / context_ranks
    has_indexer = attention is not None and any(each.indexer_elements_per_token for each in attention.groups)
    least_state = 2 * (group.convolution_state_elements + group.recurrent_state_elements)
    most_state = 2 * group.convolution_state_elements + 4 * group.recurrent_state_elements
    return CacheWork(
        entry_bytes=Amount(
            least_layers * least_heads * elements * element.least / context_ranks,
            most_layers * most_heads * elements * element.most / context_ranks,
        ),
        index_bytes=Amount(
            least_layers * group.indexer_elements_per_token * _LEAST_INDEX_BYTES,
            most_layers * group.indexer_elements_per_token * _MOST_INDEX_BYTES,
        ),
        state_bytes=Amount(
            2 * least_layers * least_state / state_ranks, 2 * most_layers * most_state / state_ranks
        ),
        operations_per_entry=Amount(
            least_layers * operations * min(heads, default=0) if group.kv_heads else 0.0,
            most_layers * operations * max(heads, default=0) if group.kv_heads else 0.0,
        ),
        window_tokens=group.window_tokens if group.kind in {"sliding", "chunked"} else None,
        tokens_per_entry=group.tokens_per_entry,
        picked_entries=Amount(FEWEST_PICKED_TOKENS, MOST_PICKED_TOKENS) if has_indexer else None,
    )


def _prompt_operations(architecture: ModelArchitecture) -> float:
    """Return how attention of a prompt compares with that of decoding: latent rows are widened to heads for it."""
    attention = architecture.attention
    if attention is None or not attention.is_latent:
        return 1.0
    rows = [group.key_elements_per_token for group in attention.groups if group.kind == "latent"]
    return min(1.0, attention.head_dimension / max(rows)) if rows else 1.0
