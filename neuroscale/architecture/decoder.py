"""The general decoder reader: a family declares what its layers are made of, this module counts them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_VOCABULARY, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.model import (
    Attention,
    AttentionGroup,
    AttentionKind,
    LinearComponent,
    LinearModules,
    MixtureOfExperts,
    MultiTokenPrediction,
    ParameterCounts,
)


class UncountableError(Exception):
    """The configuration uses something that the family's description does not cover; the text says what."""


class LayerKind(NamedTuple):
    """What one decoder layer is made of.

    Attributes:
        attention: Kind of the token mixer.
        dense: Whether the layer has a feed-forward that computes every token.
        experts: Whether the layer has routed experts, alone or beside the dense feed-forward.
        variant: A further difference that only the family itself tells apart.
    """

    attention: AttentionKind
    dense: bool
    experts: bool
    variant: str = ""


NamedWeights = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AttentionBlock:
    """Token mixer of one layer.

    Attributes:
        weights: Parameters of the projections, biases and sinks.
        norms: Parameters of the norms inside.
        head_dimension: Width of one query head.
        kv_heads: Key/value heads with a cache; 0 when the layer keeps no per-token cache.
        key_elements: Cached key elements per token and KV head.
        value_elements: Cached value elements per token and KV head.
        window_tokens: Window of the cache, None when it holds the whole sequence or the window is not stated.
        other: Parameters that belong to neither, such as those of a sparse-attention indexer.
        tokens_per_entry: Tokens that one cached entry stands for.
        indexer_elements: Cached key elements per token of a sparse-attention indexer.
        convolution_state_elements: Constant elements per sequence of a short convolution.
        recurrent_state_elements: Constant elements per sequence of a linear or state-space mixer.
        state_heads: Heads of the recurrent state; 0 where it has none.
        state_groups: Groups of those heads in a Mamba-2 mixer; 0 elsewhere.
        modules: Names and weights of its linear modules below the layer, as checkpoints spell them; empty when the
            family does not name them.
        query_heads: Query heads where the layer has others than `num_attention_heads` states; None elsewhere.
    """

    weights: int
    norms: int
    head_dimension: int
    kv_heads: int
    key_elements: int
    value_elements: int
    window_tokens: int | None = None
    other: int = 0
    tokens_per_entry: int = 1
    indexer_elements: int = 0
    convolution_state_elements: int = 0
    recurrent_state_elements: int = 0
    state_heads: int = 0
    state_groups: int = 0
    modules: NamedWeights = ()
    query_heads: int | None = None


@dataclass(frozen=True, slots=True)
class ExpertsBlock:
    """Routed and shared experts of one layer.

    Attributes:
        routed_experts: Experts with weights among which the router chooses.
        experts_per_token: Experts that compute one token; None when the configuration leaves it open.
        intermediate_size: Width of one routed expert.
        shared_intermediate_size: Summed width of the shared experts.
        router: Parameters of the router.
        routed: Parameters of all routed experts of the layer.
        shared: Parameters of the shared experts and their gate.
        other: Parameters that belong to neither, such as projections into a latent width of the experts.
        active: Routed parameters that compute one token; None when they are `experts_per_token` equal experts.
        expert_hidden_size: Width that a routed expert reads and writes; None for the hidden size.
        matrices: Projections of one routed expert.
        zero_experts: Further choices of the router that have no weights.
        modules: Names and weights of the routed experts' linear modules, all experts of the layer together.
        shared_modules: The same for the shared experts.
    """

    routed_experts: int
    experts_per_token: int | None
    intermediate_size: int
    shared_intermediate_size: int
    router: int
    routed: int
    shared: int
    other: int = 0
    active: int | None = None
    expert_hidden_size: int | None = None
    matrices: int = 3
    zero_experts: int = 0
    modules: NamedWeights = ()
    shared_modules: NamedWeights = ()


@dataclass(frozen=True, slots=True)
class DenseBlock:
    """Dense feed-forward of one layer: its width and its parameters."""

    intermediate_size: int
    weights: int
    modules: NamedWeights = ()


@dataclass(frozen=True, slots=True)
class Extras:
    """Parameters of a language model outside embedding, layers, final norm and head."""

    input_embedding: int = 0
    normalisation: int = 0
    output_head: int = 0
    other: int = 0


def no_extras(_fields: Fields) -> Extras:
    """Return nothing: the plain decoder."""
    return Extras()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a family of models declares about itself.

    Attributes:
        model_types: The `model_type` values of the family.
        class_names: Classes of `architectures` whose weights the description covers exactly.
        defaults: Class defaults of the fields that a published configuration may leave out.
        classes_without_type: Classes whose published files have no `model_type`: engines go by the class.
        layers: Kind of each layer, in order.
        attention: Token mixer of a layer kind.
        dense: Dense feed-forward of a layer kind; None when the family has none.
        experts: Experts of a layer kind that has some; None when the family has none.
        norms_per_layer: Norms of a layer outside its attention.
        final_norms: Norms between the last layer and the head.
        vectors_per_norm: 1 for a root-mean-square norm, 2 for a layer norm with bias, 0 for one without weights.
        embedding_width: Field with the width of the token embedding, which is the hidden size where it is null.
        head_bias: Whether the output head has a bias per row of the vocabulary, tied or not.
        extras: Parameters outside the common parts.
        tie_names: Fields that say whether the output head reuses the input embedding, the deciding one first.
        can_tie: Whether the class reuses the input embedding when told to; some keep a head of their own.
        part_field: Field that holds the described model where a configuration names several, such as the one that
            understands beside the one that speaks; that part is then called the root. None when there is but one.
        text_field: Field that holds the language model of a multimodal configuration; None when it is the root.
        text_may_tie: Whether that field can ask for tied embeddings beside the root.
        root_defaults: Class defaults of the root of a multimodal configuration.
        vision: Parameters of the vision tower with its projector, from the root; None without one.
        audio: The same for an audio tower.
        prediction: Layers of the checkpoint that draft tokens; None when the family has none.
        aliases: Further spellings of the fields that the shared parts read, by the name they read, such as
            `n_embd` for `hidden_size`.
    """

    model_types: tuple[str, ...]
    class_names: tuple[str, ...]
    defaults: Mapping[str, object]
    classes_without_type: tuple[str, ...] = ()
    layers: Callable[[Fields], Sequence[LayerKind]]
    attention: Callable[[Fields, LayerKind], AttentionBlock]
    dense: Callable[[Fields, LayerKind], DenseBlock] | None = None
    experts: Callable[[Fields, LayerKind], ExpertsBlock] | None = None
    norms_per_layer: int | Callable[[Fields, LayerKind], int] = 2
    final_norms: int | Callable[[Fields], int] = 1
    vectors_per_norm: int = 1
    embedding_width: str = "hidden_size"
    head_bias: bool = False
    extras: Callable[[Fields], Extras] = no_extras
    tie_names: tuple[str, ...] = ("tie_word_embeddings",)
    can_tie: bool = True
    part_field: str | None = None
    text_field: str | None = None
    text_may_tie: bool = False
    root_defaults: Mapping[str, object] | None = None
    vision: Callable[[Fields], int] | None = None
    audio: Callable[[Fields], int] | None = None
    prediction: Callable[[Fields], MultiTokenPrediction | None] | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decoder:
    """A language model as its family describes it; `parameters` has no towers yet."""

    layers: int
    hidden_size: int
    vocabulary_size: int
    dense_intermediate_size: int | None
    attention: Attention
    experts: MixtureOfExperts | None
    parameters: ParameterCounts
    active_routed_experts: int
    linear_modules: tuple[LinearModules, ...]


def read_decoder(family: Family, fields: Fields, *, tied_embeddings: bool) -> Decoder:
    """Count the language model that a family describes.

    Args:
        family: The declared facts.
        fields: The language model's configuration with the family's defaults.
        tied_embeddings: Whether the output head reuses the input embedding.

    Raises:
        InvalidInputError: A field has a value that no model can have.
        UncountableError: A field has a value that the family's description does not cover.
    """
    hidden = fields.integer("hidden_size", maximum=MAXIMUM_WIDTH)
    vocabulary = fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY)
    sequence = family.layers(fields)
    if not sequence:
        raise UncountableError("the configuration describes no layer")
    kinds = Counter(sequence)
    embedding = vocabulary * (
        fields.optional_integer(family.embedding_width, maximum=MAXIMUM_WIDTH, minimum=1) or hidden
    )
    extras = family.extras(fields)
    attention_blocks = [(kind, count, family.attention(fields, kind)) for kind, count in kinds.items()]
    dense_blocks = [
        (kind, count, family.dense(fields, kind))
        for kind, count in kinds.items()
        if kind.dense and family.dense is not None
    ]
    expert_blocks = [
        (kind, count, family.experts(fields, kind))
        for kind, count in kinds.items()
        if kind.experts and family.experts is not None
    ]
    # One expert or none is no mixture: what the class builds for it computes every token.
    mixtures = [(count, block) for _, count, block in expert_blocks if block.routed_experts > 1]
    single = sum(count * block.routed for _, count, block in expert_blocks if block.routed_experts < 2)
    return Decoder(
        layers=kinds.total(),
        hidden_size=hidden,
        vocabulary_size=vocabulary,
        dense_intermediate_size=dense_blocks[0][2].intermediate_size if dense_blocks else None,
        attention=_attention(fields, attention_blocks, hidden),
        experts=_mixture(mixtures, hidden) if mixtures else None,
        active_routed_experts=sum(count * _active(block) for count, block in mixtures),
        linear_modules=_linear_modules(
            sequence,
            [
                *(("attention", kind, block.modules) for kind, _, block in attention_blocks),
                *(("dense_feed_forward", kind, block.modules) for kind, _, block in dense_blocks),
                *(("routed_experts", kind, block.modules) for kind, _, block in expert_blocks),
                *(("shared_experts", kind, block.shared_modules) for kind, _, block in expert_blocks),
            ],
        ),
        parameters=ParameterCounts(
            input_embedding=embedding + extras.input_embedding,
            attention=sum(count * block.weights for _, count, block in attention_blocks),
            dense_feed_forward=single + sum(count * block.weights for _, count, block in dense_blocks),
            router=sum(count * block.router for _, count, block in expert_blocks),
            routed_experts=sum(count * block.routed for count, block in mixtures),
            shared_experts=sum(count * block.shared for _, count, block in expert_blocks),
            normalisation=hidden * family.vectors_per_norm * _norms(family, fields, kinds)
            + sum(count * block.norms for _, count, block in attention_blocks)
            + extras.normalisation,
            output_head=(0 if tied_embeddings else embedding)
            + (vocabulary if family.head_bias else 0)
            + extras.output_head,
            other=sum(count * block.other for _, count, block in attention_blocks)
            + sum(count * block.other for _, count, block in expert_blocks)
            + extras.other,
        ),
    )


def _linear_modules(
    sequence: Sequence[LayerKind], named: Sequence[tuple[LinearComponent, LayerKind, NamedWeights]]
) -> tuple[LinearModules, ...]:
    """Join the modules of one name and size, whatever kinds of layers have them."""
    layers_by_kind: dict[LayerKind, list[int]] = {}
    for index, kind in enumerate(sequence):
        layers_by_kind.setdefault(kind, []).append(index)
    layers: dict[tuple[LinearComponent, str, int], list[int]] = {}
    for component, kind, modules in named:
        for name, weights in modules:
            layers.setdefault((component, name, weights), []).extend(layers_by_kind[kind])
    return tuple(
        LinearModules(component, name, weights, tuple(sorted(indices)))
        for (component, name, weights), indices in layers.items()
    )


def _norms(family: Family, fields: Fields, kinds: Counter[LayerKind]) -> int:
    """Return the norms of the hidden width: those of the layers and those behind the last one."""
    final, per_layer = family.final_norms, family.norms_per_layer
    return (final if isinstance(final, int) else final(fields)) + sum(
        count * (per_layer if isinstance(per_layer, int) else per_layer(fields, kind))
        for kind, count in kinds.items()
    )


def _mixture(blocks: Sequence[tuple[int, ExpertsBlock]], hidden: int) -> MixtureOfExperts:
    return MixtureOfExperts(
        routed_experts=max(block.routed_experts for _, block in blocks),
        experts_per_token=max(_chosen(block) for _, block in blocks),
        expert_intermediate_size=max(block.intermediate_size for _, block in blocks),
        moe_layers=sum(count for count, _ in blocks),
        shared_intermediate_size=max(block.shared_intermediate_size for _, block in blocks),
        expert_hidden_size=max(block.expert_hidden_size or hidden for _, block in blocks),
        matrices_per_expert=max(block.matrices for _, block in blocks),
        zero_experts=max(block.zero_experts for _, block in blocks),
    )


def _chosen(block: ExpertsBlock) -> int:
    if block.experts_per_token is None:
        raise UncountableError("the configuration does not say how many experts compute a token")
    return block.experts_per_token


def _active(block: ExpertsBlock) -> int:
    """Routed parameters of one layer that compute a token, a zero expert being chosen as often as any other."""
    if block.active is not None:
        return block.active
    return block.routed * _chosen(block) // (block.routed_experts + block.zero_experts)


def _attention(fields: Fields, blocks: Sequence[tuple[LayerKind, int, AttentionBlock]], hidden: int) -> Attention:
    """Join the layers that share one cache shape and name the heads of the first that has a cache."""
    layers_by_shape: Counter[AttentionGroup] = Counter()
    for kind, count, block in blocks:
        shape = AttentionGroup(
            kind=kind.attention,
            layers=1,
            kv_heads=block.kv_heads,
            key_elements_per_token=block.key_elements,
            value_elements_per_token=block.value_elements,
            window_tokens=block.window_tokens,
            tokens_per_entry=block.tokens_per_entry,
            indexer_elements_per_token=block.indexer_elements,
            convolution_state_elements=block.convolution_state_elements,
            recurrent_state_elements=block.recurrent_state_elements,
            state_heads=block.state_heads,
            state_groups=block.state_groups,
        )
        layers_by_shape[shape] += count
    cached = next((block for _, _, block in blocks if block.kv_heads), blocks[0][2])
    stated = fields.optional_integer("num_attention_heads", maximum=MAXIMUM_HEADS) or 0
    heads = stated if cached.query_heads is None else cached.query_heads
    built = {_built_heads(block, hidden) for _, _, block in blocks}
    return Attention(
        heads=heads,
        kv_heads=cached.kv_heads,
        head_dimension=cached.head_dimension,
        groups=tuple(replace(shape, layers=count) for shape, count in layers_by_shape.items()),
        is_latent=any(kind.attention == "latent" for kind, _, _ in blocks),
        other_heads=tuple(sorted(built - {heads, 0})),
    )


def _built_heads(block: AttentionBlock, hidden: int) -> int:
    """Return the query heads of a layer as its projections are wide; 0 where those do not settle it.

    The output projection reads a value row of every head. The query projection must be as wide, or twice as wide
    for a gate on the output, so that a projection of another meaning is not taken for heads.
    """
    if block.query_heads is not None:
        return block.query_heads
    modules = dict(block.modules)
    queries, output = modules.get("self_attn.q_proj"), modules.get("self_attn.o_proj")
    row = hidden * block.value_elements
    if queries is None or output is None or not block.kv_heads or not row or output % row:
        return 0
    heads = output // row
    expected = heads * hidden * block.key_elements
    return heads if queries in {expected, 2 * expected} and heads % block.kv_heads == 0 else 0
