"""What one accelerator reads and computes for a token: sums that depend on neither batch nor context."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from neuroscale.architecture.model import Attention, AttentionGroup, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.bounds import ZERO_BYTES, ByteBounds
from neuroscale.sizing.cache_reservation import MOST_INDEXER_BYTES
from neuroscale.sizing.kv_cache import cache_element_bytes
from neuroscale.sizing.memo_keys import SameObject
from neuroscale.sizing.precision import component_bits, embedding_bits, unquantised_bits
from neuroscale.sizing.rank_layout import rank_layout
from neuroscale.sizing.stored_bits import Component
from neuroscale.sizing.throughput.assumptions import FEWEST_PICKED_TOKENS, MOST_PICKED_TOKENS, NumberFormat
from neuroscale.sizing.weights import RankComponent, weight_bytes_by_component

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
_OFFLOADING_OPTIONS = ("--cpu-offload", "--offload-")
# Of an element of an index key: 4 bits at the least.
_LEAST_INDEX_BYTES = 0.5


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
        prompt_operations_per_entry: The same in prefill, for which latent rows are widened to heads.
        window_tokens: Newest tokens that are looked at; None for all.
        least_share_of_window: Share of the window that is looked at on average at the least: half of a chunk.
        tokens_per_entry: Tokens that one entry stands for.
        picked_entries: Entries that sparse attention looks at; None where it looks at all.
    """

    entry_bytes: Amount
    index_bytes: Amount
    state_bytes: Amount
    operations_per_entry: Amount
    prompt_operations_per_entry: Amount
    window_tokens: int | None
    least_share_of_window: float
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


def rank_work(architecture: ModelArchitecture, settings: EngineSettings) -> RankWork | None:
    """Return the work of one accelerator; None when parameters, attention or width are not known.

    None in float32 as well, as no figure for arithmetic in 32 bits is kept of accelerators, and where weights are
    offloaded, as it is not known which of them come over PCIe. The work is kept for the objects given, which are
    not to be changed.
    """
    return _rank_work(SameObject(architecture), SameObject(settings))


# The same layout is asked for on many accelerators; few objects are kept, as architectures are large.
@lru_cache(maxsize=256)
def _rank_work(
    same_architecture: SameObject[ModelArchitecture], same_settings: SameObject[EngineSettings]
) -> RankWork | None:
    architecture, settings = same_architecture.value, same_settings.value
    counts, attention = architecture.parameters, architecture.attention
    weights = weight_bytes_by_component(architecture, settings)
    if counts is None or weights is None or attention is None or not _is_known(architecture, settings):
        return None
    stages, tensor = settings.pipeline_parallel_size, settings.tensor_parallel_size
    experts = architecture.experts if counts.routed_experts else None
    expert_ranks, feeding = _expert_ranks(settings)
    layers, hidden_size = architecture.layers or 0, architecture.hidden_size or 0
    expert_layers = 0 if experts is None else experts.moe_layers

    def products(parameters: int, component: Component, ranks: int) -> Arithmetic:
        fastest, slowest = _formats(component, architecture, settings)
        return Arithmetic(2 * parameters / ranks / stages, fastest, slowest)

    def longest_stage_of(counted: Callable[[AttentionGroup], bool]) -> int:
        return _longest_stage(sum(group.layers for group in attention.groups if counted(group)), stages)

    return RankWork(
        steady_bytes=_steady_bytes(architecture, settings, weights),
        routed_bytes=_routed_bytes(architecture, settings, weights["routed_experts"], expert_ranks),
        experts=0 if experts is None else experts.routed_experts,
        experts_per_token=0 if experts is None else experts.experts_per_token,
        ranks_feeding_experts=feeding,
        expert_ranks=expert_ranks,
        steady=(
            products(counts.attention, "attention", settings.attention_tensor_parallel_size),
            products(counts.dense_feed_forward, "dense_feed_forward", tensor),
            products(counts.shared_experts, "shared_experts", tensor),
            Arithmetic(2 * counts.router / stages, "half", "half"),
        ),
        head=products(_head_parameters(architecture), "output_head", tensor),
        routed=None
        if experts is None
        else products(architecture.active_routed_experts or 0, "routed_experts", expert_ranks),
        cache=tuple(_cache_work(group, attention, architecture, settings) for group in attention.groups),
        layers=Amount(layers / stages, _longest_stage(layers, stages)),
        expert_layers=Amount(expert_layers / stages, min(_longest_stage(layers, stages), expert_layers)),
        latent_layers=longest_stage_of(lambda group: group.kind == "latent"),
        indexed_layers=longest_stage_of(lambda group: group.indexer_elements_per_token > 0),
        hidden_size=hidden_size,
    )


def _is_known(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    """Whether everything is known that the work follows from."""
    counts, attention = architecture.parameters, architecture.attention
    return (
        unquantised_bits(settings) <= _BITS_OF_HALF
        and not any(name.startswith(_OFFLOADING_OPTIONS) for name in settings.options)
        and counts is not None
        and attention is not None
        and bool(attention.groups and architecture.hidden_size and architecture.layers)
        and architecture.active_routed_experts is not None
        and (architecture.experts is not None or not counts.routed_experts)
    )


def _expert_ranks(settings: EngineSettings) -> tuple[int, int]:
    """Return among how many accelerators experts are divided, and of how many copies of the attention they serve.

    Data-parallel ranks share their experts, but for SGLang's, which are whole replicas; copies of the experts
    inside the tensor-parallel group each serve their part of the copies of the attention.
    """
    copies = settings.expert_data_parallel_size
    ranks = settings.tensor_parallel_size * settings.prefill_context_parallel_size
    sharing = 1 if settings.engine == "sglang" else settings.data_parallel_size
    return max(1, ranks // copies) * sharing, max(1, settings.attention_data_parallel_size // copies) * sharing


def _steady_bytes(
    architecture: ModelArchitecture, settings: EngineSettings, weights: Mapping[RankComponent, ByteBounds]
) -> Amount:
    """Return the weights that every step reads: all but embeddings, towers and routed experts, and the head."""
    counts = architecture.parameters
    is_tied = counts is not None and counts.output_head == 0
    bits = (
        embedding_bits(architecture, settings) if is_tied else component_bits("output_head", architecture, settings)
    )
    head = _head_parameters(architecture) / 8
    layout = rank_layout(architecture, settings)
    parts = layout.input_embedding if is_tied else layout.output_head
    total = sum((weights[name] for name in _STEADY_COMPONENTS), ZERO_BYTES)
    return Amount(
        total.optimistic_bytes + head * bits.least / parts.most / settings.pipeline_parallel_size,
        total.pessimistic_bytes + head * bits.most / parts.fewest,
    )


def _routed_bytes(
    architecture: ModelArchitecture, settings: EngineSettings, weights: ByteBounds, expert_ranks: int
) -> Amount:
    """Return the mean accelerator's routed experts at the least, and the fullest one's at the most."""
    counts = architecture.parameters
    bits = component_bits("routed_experts", architecture, settings)
    share = 0.0 if counts is None else counts.routed_experts / expert_ranks / settings.pipeline_parallel_size / 8
    return Amount(share * bits.least, weights.pessimistic_bytes)


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


def _cache_work(
    group: AttentionGroup, attention: Attention, architecture: ModelArchitecture, settings: EngineSettings
) -> CacheWork:
    tensor = settings.attention_tensor_parallel_size
    context_ranks = settings.decode_context_parallel_size * settings.prefill_context_parallel_size
    layers = Amount(
        group.layers / settings.pipeline_parallel_size,
        _longest_stage(group.layers, settings.pipeline_parallel_size),
    )
    element = cache_element_bytes(architecture, settings)
    elements = group.key_elements_per_token + group.value_elements_per_token
    least_heads = max(1.0, group.kv_heads / tensor) if group.kv_heads else 0.0
    most_heads = max(1, -(-group.kv_heads // tensor)) if group.kv_heads else 0
    state_ranks = 1 if group.kind == "latent" else tensor
    least_state = 2 * (group.convolution_state_elements + group.recurrent_state_elements)
    most_state = 2 * group.convolution_state_elements + 4 * group.recurrent_state_elements
    # The latent row is key and value at once, the value without its rope part.
    looked_at = elements * (2 if group.kind == "latent" else 1) if group.kv_heads else 0
    heads = (attention.heads, *attention.other_heads)
    operations = Amount(
        layers.least * min(heads) * 2 * looked_at / tensor / context_ranks,
        layers.most * max(heads) * 2 * looked_at / tensor / context_ranks,
    )
    # A prompt's latent rows are widened to keys and values of every head, which are narrower than the row.
    narrower = min(1.0, attention.head_dimension / elements) if group.kind == "latent" and elements else 1.0
    has_indexer = any(each.indexer_elements_per_token for each in attention.groups)
    return CacheWork(
        entry_bytes=Amount(
            layers.least * least_heads * elements * element.least / context_ranks,
            layers.most * most_heads * elements * element.most / context_ranks,
        ),
        index_bytes=Amount(
            layers.least * group.indexer_elements_per_token * _LEAST_INDEX_BYTES,
            layers.most * group.indexer_elements_per_token * MOST_INDEXER_BYTES,
        ),
        state_bytes=Amount(
            2 * layers.least * least_state / state_ranks, 2 * layers.most * most_state / state_ranks
        ),
        operations_per_entry=operations,
        prompt_operations_per_entry=Amount(operations.least * narrower, operations.most * narrower),
        window_tokens=group.window_tokens if group.kind in {"sliding", "chunked"} else None,
        least_share_of_window=0.5 if group.kind == "chunked" else 1.0,
        tokens_per_entry=group.tokens_per_entry,
        picked_entries=Amount(FEWEST_PICKED_TOKENS, MOST_PICKED_TOKENS) if has_indexer else None,
    )
