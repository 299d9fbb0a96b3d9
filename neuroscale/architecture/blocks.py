"""Parameters and cache shapes of the blocks that decoder families share.

Every function reads the fields it needs and returns a block of `neuroscale.architecture.decoder`. A projection from
m to n elements has m x n weights, and n more with a bias.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Extras,
    LayerKind,
    NamedWeights,
    UncountableError,
)
from neuroscale.architecture.fields import (
    MAXIMUM_EXPERTS,
    MAXIMUM_HEADS,
    MAXIMUM_TOKENS,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.errors import InvalidInputError

# The spellings of a count in published and in re-saved configurations.
EXPERT_COUNT_NAMES = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
EXPERTS_PER_TOKEN_NAMES = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "experts_per_token",
    "top_k_experts",
    "moe_topk",
    "moe_top_k",
    "moe_k",
)

HeadNorm = Literal["none", "head", "width"]


def projection(inputs: int, outputs: int, *, bias: bool = False) -> int:
    """Return the parameters of a linear projection."""
    return inputs * outputs + (outputs if bias else 0)


def hidden_size(fields: Fields) -> int:
    """Return the width of the residual stream."""
    return fields.integer("hidden_size", maximum=MAXIMUM_WIDTH)


def query_heads(fields: Fields) -> int:
    """Return the number of query heads."""
    return fields.integer("num_attention_heads", maximum=MAXIMUM_HEADS)


def key_value_heads(fields: Fields) -> int:
    """Return the number of key/value heads, which is that of the query heads when it is null."""
    heads = query_heads(fields)
    kv_heads = fields.optional_integer("num_key_value_heads", maximum=MAXIMUM_HEADS, minimum=1) or heads
    if kv_heads > heads:
        raise InvalidInputError(
            f"{kv_heads} key/value heads cannot serve {heads} query heads", field=fields.path("num_key_value_heads")
        )
    return kv_heads


def head_dimension(fields: Fields) -> int:
    """Return the width of one head: stated, or the hidden size shared among the query heads."""
    stated = fields.optional_integer("head_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    return stated if stated is not None else max(1, hidden_size(fields) // query_heads(fields))


def attention_window(fields: Fields, kind: LayerKind) -> int | None:
    """Return the window of a sliding layer; None for every other layer and when it is not stated."""
    if kind.attention != "sliding":
        return None
    return fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS, minimum=1)


def grouped_query_attention(
    fields: Fields,
    kind: LayerKind,
    *,
    input_bias: str | bool = False,
    output_bias: str | bool = False,
    head_norm: HeadNorm = "none",
    sinks: bool = False,
    output_gate: bool = False,
    kv_heads: int | None = None,
    width: int | None = None,
) -> AttentionBlock:
    """Attention whose query heads share key/value heads; one per query head is multi-head attention.

    Args:
        fields: The language model's configuration.
        kind: The layer's kind.
        input_bias: Whether query, key and value projections have a bias, or the field that says so.
        output_bias: The same for the output projection.
        head_norm: Norms of queries and keys: one weight per head element, or per element of all heads.
        sinks: Whether each query head has a learned attention sink.
        output_gate: Whether the query projection also yields a gate for the output, of the queries' width.
        kv_heads: Key/value heads; those of `num_key_value_heads` when None.
        width: Width of one head; that of `head_dim` or the share of the hidden size when None.
    """
    hidden, heads = hidden_size(fields), query_heads(fields)
    kv_heads = key_value_heads(fields) if kv_heads is None else kv_heads
    width = head_dimension(fields) if width is None else width
    has_input_bias = fields.flag(input_bias) if isinstance(input_bias, str) else input_bias
    has_output_bias = fields.flag(output_bias) if isinstance(output_bias, str) else output_bias
    queries = 2 * heads if output_gate else heads
    norms = {"none": 0, "head": 2 * width, "width": (heads + kv_heads) * width}[head_norm]
    return AttentionBlock(
        weights=projection(hidden, (queries + 2 * kv_heads) * width, bias=has_input_bias)
        + projection(heads * width, hidden, bias=has_output_bias)
        + (heads if sinks else 0),
        norms=norms,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        window_tokens=attention_window(fields, kind),
        modules=(
            ("self_attn.q_proj", hidden * queries * width),
            ("self_attn.k_proj", hidden * kv_heads * width),
            ("self_attn.v_proj", hidden * kv_heads * width),
            ("self_attn.o_proj", heads * width * hidden),
        ),
    )


def multi_head_attention(
    fields: Fields,
    kind: LayerKind,
    *,
    input_bias: str | bool = True,
    output_bias: str | bool = True,
    kv_heads: int | None = None,
    modules: tuple[str, ...] = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"),
) -> AttentionBlock:
    """Attention of classes that know neither key/value heads nor a head width as fields.

    Each query head has keys and values of its own, unless the class itself says `kv_heads`, and the heads share the
    hidden size.

    Args:
        fields: The language model's configuration.
        kind: The layer's kind.
        input_bias: Whether query, key and value projections have a bias, or the field that says so.
        output_bias: The same for the output projection.
        kv_heads: Key/value heads that the class says; those of the queries when None.
        modules: Names of the projections: queries, keys and values, or the one that yields all; then the output.

    Raises:
        InvalidInputError: The heads do not divide the hidden size.
    """
    hidden, heads = hidden_size(fields), query_heads(fields)
    shared_heads = heads if kv_heads is None else kv_heads
    width, left = divmod(hidden, heads)
    if left or not width:
        name, _ = fields.value("num_attention_heads")
        raise InvalidInputError(
            f"{heads} heads cannot share {hidden} hidden elements equally", field=fields.path(name)
        )
    block = grouped_query_attention(
        fields, kind, input_bias=input_bias, output_bias=output_bias, kv_heads=shared_heads, width=width
    )
    *inputs, output = modules
    shares = (heads + 2 * shared_heads,) if len(inputs) == 1 else (heads, shared_heads, shared_heads)
    named = tuple((name, hidden * share * width) for name, share in zip(inputs, shares, strict=True))
    return replace(block, modules=(*named, (output, heads * width * hidden)))


def latent_attention(fields: Fields, _kind: LayerKind, *, value_width: int | None = None) -> AttentionBlock:
    """Multi-head latent attention: keys and values are rebuilt from one cached row per token.

    The row holds `kv_lora_rank` compressed elements and `qk_rope_head_dim` elements of the shared rotary key.
    Values are `v_head_dim` wide unless the class itself says otherwise (`value_width`).

    Source: DeepSeek-V2, https://arxiv.org/abs/2405.04434, section 2.1.
    """
    hidden, heads = hidden_size(fields), query_heads(fields)
    rank = fields.integer("kv_lora_rank", maximum=MAXIMUM_WIDTH)
    query_rank = fields.optional_integer("q_lora_rank", maximum=MAXIMUM_WIDTH, minimum=1)
    rotary = fields.integer("qk_rope_head_dim", maximum=MAXIMUM_WIDTH, minimum=0)
    plain = fields.integer("qk_nope_head_dim", maximum=MAXIMUM_WIDTH, minimum=0)
    value = fields.integer("v_head_dim", maximum=MAXIMUM_WIDTH) if value_width is None else value_width
    bias = fields.flag("attention_bias")
    modules: NamedWeights
    if query_rank is None:
        queries = projection(hidden, heads * (plain + rotary))
        modules = (("self_attn.q_proj", queries),)
    else:
        queries = projection(hidden, query_rank, bias=bias) + projection(query_rank, heads * (plain + rotary))
        modules = (
            ("self_attn.q_a_proj", hidden * query_rank),
            ("self_attn.q_b_proj", query_rank * heads * (plain + rotary)),
        )
    return AttentionBlock(
        weights=queries
        + projection(hidden, rank + rotary, bias=bias)
        + projection(rank, heads * (plain + value))
        + projection(heads * value, hidden, bias=bias),
        norms=rank + (query_rank or 0),
        head_dimension=plain + rotary,
        kv_heads=1,
        key_elements=rank + rotary,
        value_elements=0,
        modules=(
            *modules,
            ("self_attn.kv_a_proj_with_mqa", hidden * (rank + rotary)),
            ("self_attn.kv_b_proj", rank * heads * (plain + value)),
            ("self_attn.o_proj", heads * value * hidden),
        ),
    )


def dense_feed_forward(
    fields: Fields,
    _kind: LayerKind,
    *,
    width: str = "intermediate_size",
    bias: str | bool = False,
    matrices: int = 3,
    times_hidden: int | None = None,
    modules: tuple[str, ...] | None = None,
) -> DenseBlock:
    """Dense feed-forward: gate, up and down projection, or only up and down when `matrices` is 2.

    Its width is that of the field; where it is null, `times_hidden` hidden sizes for the classes that know such.
    `modules` names the projections of classes that have names of their own for them.
    """
    hidden = hidden_size(fields)
    stated = fields.optional_integer(width, maximum=MAXIMUM_WIDTH, minimum=1)
    if stated is None and times_hidden is not None:
        stated = times_hidden * hidden
    intermediate = fields.integer(width, maximum=MAXIMUM_WIDTH) if stated is None else stated
    has_bias = fields.flag(bias) if isinstance(bias, str) else bias
    return DenseBlock(
        intermediate,
        (matrices - 1) * projection(hidden, intermediate, bias=has_bias)
        + projection(intermediate, hidden, bias=has_bias),
        feed_forward_modules("mlp", hidden * intermediate, matrices)
        if modules is None
        else tuple((name, hidden * intermediate) for name in modules),
    )


def feed_forward_modules(module: str, weights: int, matrices: int) -> NamedWeights:
    """Return the projections of a feed-forward, each of `weights`; one with two matrices has no gate."""
    names = ("gate_proj", "up_proj", "down_proj")[3 - matrices :]
    return tuple((f"{module}.{name}", weights) for name in names)


def routed_experts(fields: Fields) -> int:
    """Return the number of routed experts per MoE layer; 0 when there are none."""
    return _uniform(fields, EXPERT_COUNT_NAMES, MAXIMUM_EXPERTS) or 0


def experts_per_token(fields: Fields, experts: int) -> int | None:
    """Return how many routed experts compute one token, or None when it is not stated.

    Raises:
        InvalidInputError: More experts per token than there are experts.
    """
    chosen = _uniform(fields, EXPERTS_PER_TOKEN_NAMES, MAXIMUM_EXPERTS)
    if chosen is not None and experts > 1 and not 1 <= chosen <= experts:
        name, _ = fields.value(*EXPERTS_PER_TOKEN_NAMES)
        raise InvalidInputError(
            f"{chosen} experts per token cannot be chosen among {experts}", field=fields.path(name)
        )
    return chosen


def expert_feed_forward(
    fields: Fields,
    _kind: LayerKind,
    *,
    width: str = "moe_intermediate_size",
    shared_width: Callable[[Fields, int], int] | None = None,
    shared_gate: bool = False,
    router_bias: bool = False,
    expert_bias: bool = False,
    matrices: int = 3,
    router_extra_per_expert: int = 0,
    router_extra_vectors: int = 0,
    expert_input: int | None = None,
    module: str = "mlp.experts.0",
    shared_module: str = "mlp.shared_experts",
) -> ExpertsBlock:
    """Router, routed experts and shared experts of one MoE layer.

    Args:
        fields: The language model's configuration.
        width: Field with the width of one routed expert.
        shared_width: Summed width of the shared experts, from the fields and the width of a routed expert.
        shared_gate: Whether one gate weight per hidden element scales the shared experts.
        router_bias: Whether the router has a bias per expert.
        expert_bias: Whether the projections of routed experts have biases.
        matrices: Projections per expert: 3 with a gate, 2 without.
        router_extra_per_expert: Further learned router weights per expert.
        router_extra_vectors: Further learned router weights per hidden element.
        expert_input: Width that routed experts read and write; the hidden size when None.
        module: Where the checkpoint keeps the first expert below its layer.
        shared_module: Where it keeps the shared experts.
    """
    hidden = hidden_size(fields)
    experts = routed_experts(fields)
    intermediate = fields.integer(width, maximum=MAXIMUM_WIDTH)
    shared = 0 if shared_width is None else shared_width(fields, intermediate)
    width_in = hidden if expert_input is None else expert_input
    per_expert = (matrices - 1) * projection(width_in, intermediate, bias=expert_bias) + projection(
        intermediate, width_in, bias=expert_bias
    )
    return ExpertsBlock(
        routed_experts=experts,
        experts_per_token=experts_per_token(fields, experts),
        intermediate_size=intermediate,
        shared_intermediate_size=shared,
        router=projection(hidden, experts, bias=router_bias)
        + experts * router_extra_per_expert
        + hidden * router_extra_vectors,
        routed=experts * per_expert,
        shared=matrices * hidden * shared + (hidden if shared_gate else 0),
        expert_hidden_size=expert_input,
        matrices=matrices,
        modules=feed_forward_modules(module, experts * width_in * intermediate, matrices),
        shared_modules=feed_forward_modules(shared_module, hidden * shared, matrices) if shared else (),
    )


def shared_experts_of_routed_width(fields: Fields, intermediate: int, *, count: str = "n_shared_experts") -> int:
    """Return the width of shared experts that are as wide as routed ones."""
    return intermediate * (fields.optional_integer(count, maximum=MAXIMUM_EXPERTS) or 0)


def shared_expert_width(
    fields: Fields, _intermediate: int, *, width: str = "shared_expert_intermediate_size"
) -> int:
    """Return the width of a shared expert that a field of its own gives."""
    return fields.optional_integer(width, maximum=MAXIMUM_WIDTH) or 0


def learned_positions(fields: Fields, *, offset: int = 0) -> Extras:
    """Return a table of learned positions: a row per position of the maximum context and `offset` unused ones."""
    positions = fields.integer("max_position_embeddings", maximum=MAXIMUM_TOKENS)
    return Extras(other=(positions + offset) * hidden_size(fields))


mixtral_experts = partial(expert_feed_forward, width="intermediate_size")


def _uniform(fields: Fields, names: tuple[str, ...], maximum: int) -> int | None:
    """Read a count that may be one number or a list with one number per layer."""
    name, value = fields.value(*names)
    if not isinstance(value, list | tuple):
        return fields.optional_integer(*names, maximum=maximum)
    distinct = set(fields.integers(name, maximum=maximum) or ())
    if len(distinct) != 1:
        raise UncountableError(f"{fields.path(name)} differs between layers")
    return distinct.pop()
