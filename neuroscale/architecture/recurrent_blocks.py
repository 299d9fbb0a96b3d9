"""Token mixers with a constant state per sequence: delta nets, Mamba, short convolutions. They cache no token.

The state is what vLLM 0.33.0 keeps for one sequence and layer on one accelerator without speculative decoding: the
last k - 1 inputs of each channel of a convolution with a kernel of k elements, and the state of the recurrence.
Source: `MambaStateShapeCalculator` in vllm/model_executor/layers/mamba/mamba_utils.py.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, NamedWeights
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.errors import InvalidInputError


def mixer(
    *,
    weights: int,
    norms: int = 0,
    head_dimension: int = 0,
    convolved: int = 0,
    kernel: int = 1,
    state: int = 0,
    heads: int = 0,
    groups: int = 0,
    modules: NamedWeights = (),
) -> AttentionBlock:
    """Return a token mixer that keeps no token, only a state.

    Args:
        weights: Parameters of the mixer outside its norms.
        norms: Parameters of the norms inside.
        head_dimension: Width of one head of the state, 0 without heads.
        convolved: Channels of the short convolution.
        kernel: Length of the convolution; 1 keeps nothing.
        state: Elements of the recurrent state.
        heads: Heads of that state, 0 without heads.
        groups: Groups of those heads in a Mamba-2 mixer.
        modules: Names and weights of its linear modules.
    """
    return AttentionBlock(
        weights=weights,
        norms=norms,
        head_dimension=head_dimension,
        kv_heads=0,
        key_elements=0,
        value_elements=0,
        convolution_state_elements=convolved * (kernel - 1),
        recurrent_state_elements=state,
        state_heads=heads,
        state_groups=groups,
        modules=modules,
    )


def beside_attention(attention: AttentionBlock, recurrent: AttentionBlock) -> AttentionBlock:
    """Return the mixer of a layer in which attention and a recurrent mixer both compute every token."""
    return replace(
        attention,
        weights=attention.weights + recurrent.weights,
        norms=attention.norms + recurrent.norms,
        convolution_state_elements=recurrent.convolution_state_elements,
        recurrent_state_elements=recurrent.recurrent_state_elements,
        state_heads=recurrent.state_heads,
        state_groups=recurrent.state_groups,
        modules=attention.modules + recurrent.modules,
    )


def gated_delta_net(fields: Fields) -> AttentionBlock:
    """Gated delta net in the fields of Qwen3-Next and Qwen3.5."""
    return delta_net(
        fields,
        key_heads=fields.integer("linear_num_key_heads", maximum=MAXIMUM_HEADS),
        key_head=fields.integer("linear_key_head_dim", maximum=MAXIMUM_WIDTH),
        value_heads=fields.integer("linear_num_value_heads", maximum=MAXIMUM_HEADS),
        value_head=fields.integer("linear_value_head_dim", maximum=MAXIMUM_WIDTH),
    )


def delta_net(
    fields: Fields, *, key_heads: int, key_head: int, value_heads: int, value_head: int
) -> AttentionBlock:
    """Linear attention with a short convolution, two gates per value head, an output gate and a gated norm.

    Args:
        fields: The language model's configuration.
        key_heads: Heads of queries and keys.
        key_head: Width of one of them.
        value_heads: Heads of values and of the state.
        value_head: Width of one of them.

    Source: Gated Delta Networks, https://arxiv.org/abs/2412.06464.
    """
    hidden = hidden_size(fields)
    keys, values = key_heads * key_head, value_heads * value_head
    kernel = fields.integer("linear_conv_kernel_dim", maximum=MAXIMUM_WIDTH)
    return mixer(
        weights=projection(hidden, 2 * keys + 2 * values + 2 * value_heads)
        + (2 * keys + values) * kernel
        + 2 * value_heads
        + projection(values, hidden),
        norms=value_head,
        head_dimension=value_head,
        convolved=2 * keys + values,
        kernel=kernel,
        state=value_heads * value_head * key_head,
        heads=value_heads,
        # Qwen3-Next stores the first two as one (in_proj_qkvz), and the gates as in_proj_ba.
        modules=(
            ("linear_attn.in_proj_qkv", hidden * (2 * keys + values)),
            ("linear_attn.in_proj_z", hidden * values),
            ("linear_attn.in_proj_b", hidden * value_heads),
            ("linear_attn.in_proj_a", hidden * value_heads),
            ("linear_attn.out_proj", values * hidden),
        ),
    )


def kimi_delta_attention(fields: Fields, *, heads: int, head: int, kernel: int) -> AttentionBlock:
    """Delta attention that forgets per channel: low-rank gates for decay and output, one gate per head.

    Args:
        fields: The language model's configuration.
        heads: Heads of the state.
        head: Width of one head, of its keys as of its values.
        kernel: Length of the convolution.

    Source: Kimi Linear, https://arxiv.org/abs/2510.26692.
    """
    hidden, width = hidden_size(fields), heads * head
    low_rank_gate = projection(hidden, head) + projection(head, width)
    return mixer(
        weights=projection(hidden, 3 * width)
        + 3 * width * kernel
        + (low_rank_gate + width + heads)
        + projection(hidden, heads)
        + low_rank_gate
        + projection(width, hidden),
        norms=head,
        head_dimension=head,
        convolved=3 * width,
        kernel=kernel,
        state=heads * head * head,
        heads=heads,
        modules=(
            *((f"self_attn.{name}", hidden * width) for name in ("q_proj", "k_proj", "v_proj", "o_proj")),
            *((f"self_attn.{name}", hidden * head) for name in ("f_a_proj", "g_a_proj")),
            *((f"self_attn.{name}", head * width) for name in ("f_b_proj", "g_b_proj")),
            ("self_attn.b_proj", hidden * heads),
        ),
    )


def mamba1_mixer(
    fields: Fields,
    *,
    inner: int,
    state: int,
    kernel: int,
    rank: int,
    projection_bias: bool,
    convolution_bias: bool,
    state_norms: bool = False,
    heads: int = 1,
    module: str = "mixer",
) -> AttentionBlock:
    """State-space mixer whose time step comes from a low-rank projection.

    Args:
        fields: The language model's configuration.
        inner: Width of the mixer.
        state: Size of the state per inner element.
        kernel: Length of the convolution.
        rank: Rank of the time step.
        projection_bias: Whether the projections in and out have a bias.
        convolution_bias: Whether the convolution has one.
        state_norms: Whether time step, input and output of the state have norms with weights.
        heads: Heads that each project their own part of the inner width onto time step, input and output.
        module: Name of the mixer. With several heads only the projections in and out are linear modules.

    Source: Mamba, https://arxiv.org/abs/2312.00752.
    """
    hidden = hidden_size(fields)
    return mixer(
        weights=projection(hidden, 2 * inner, bias=projection_bias)
        + inner * (kernel + (1 if convolution_bias else 0))
        + projection(inner, rank + 2 * state)
        + projection(rank, inner, bias=True)
        + inner * state
        + inner
        + projection(inner, hidden, bias=projection_bias),
        norms=rank + 2 * state if state_norms else 0,
        head_dimension=inner // heads if heads > 1 else 0,
        convolved=inner,
        kernel=kernel,
        state=inner * state,
        modules=(
            (f"{module}.in_proj", hidden * 2 * inner),
            *(
                ()
                if heads > 1
                else ((f"{module}.x_proj", inner * (rank + 2 * state)), (f"{module}.dt_proj", rank * inner))
            ),
            (f"{module}.out_proj", inner * hidden),
        ),
    )


def time_step_rank(fields: Fields, name: str) -> int:
    """Return the rank of Mamba's time step: stated, or a sixteenth of the hidden size for "auto"."""
    if fields.value(name)[1] == "auto":
        return -(-hidden_size(fields) // 16)
    return fields.integer(name, maximum=MAXIMUM_WIDTH)


def mamba2_mixer(
    fields: Fields,
    *,
    heads: int,
    head: int,
    groups: int,
    state: int,
    kernel: int,
    projection_bias: bool,
    convolution_bias: bool,
    output_bias: bool | None = None,
    gated_norm: bool = True,
    module: str = "mixer",
) -> AttentionBlock:
    """State-space mixer: one projection in, a short convolution, a gated norm, one projection out.

    Args:
        fields: The language model's configuration.
        heads: Heads of the state.
        head: Width of one head.
        groups: Groups of heads that share input and output matrices of the state.
        state: Size of the state per head element.
        kernel: Length of the convolution.
        projection_bias: Whether both projections have a bias.
        convolution_bias: Whether the convolution has one.
        output_bias: Whether the projection out has a bias where that differs from the projection in.
        gated_norm: Whether there is a norm before the projection out.
        module: Name of the mixer.

    Source: Mamba-2, https://arxiv.org/abs/2405.21060.
    """
    hidden = hidden_size(fields)
    inner = heads * head
    convolved = inner + 2 * groups * state
    return mixer(
        weights=projection(hidden, inner + convolved + heads, bias=projection_bias)
        + convolved * (kernel + (1 if convolution_bias else 0))
        + 3 * heads
        + projection(inner, hidden, bias=projection_bias if output_bias is None else output_bias),
        norms=inner if gated_norm else 0,
        head_dimension=head,
        convolved=convolved,
        kernel=kernel,
        state=heads * head * state,
        heads=heads,
        groups=groups,
        modules=(
            (f"{module}.in_proj", hidden * (inner + convolved + heads)),
            (f"{module}.out_proj", inner * hidden),
        ),
    )


def heads_of_width(fields: Fields, width: int, name: str) -> tuple[int, int]:
    """Return the heads that a field states and the width of each when they share a total width.

    Raises:
        InvalidInputError: The heads do not divide the width.
    """
    heads = fields.integer(name, maximum=MAXIMUM_HEADS)
    if width % heads:
        raise InvalidInputError(f"{heads} heads do not divide a width of {width}", field=fields.path(name))
    return heads, width // heads


def short_convolution(fields: Fields) -> AttentionBlock:
    """Gated short convolution of LFM2: one projection in, of three times the hidden size, and one out.

    Defined by Lfm2ShortConv of transformers.
    """
    hidden, bias = hidden_size(fields), fields.flag("conv_bias")
    kernel = fields.integer("conv_L_cache", maximum=MAXIMUM_WIDTH)
    return mixer(
        weights=projection(hidden, 3 * hidden, bias=bias)
        + hidden * (kernel + (1 if bias else 0))
        + projection(hidden, hidden, bias=bias),
        convolved=hidden,
        kernel=kernel,
        modules=(("conv.in_proj", 3 * hidden * hidden), ("conv.out_proj", hidden * hidden)),
    )


def gated_linear_recurrence(fields: Fields, *, width: int, kernel: int) -> AttentionBlock:
    """Real-gated linear recurrent unit: two branches in, a short convolution, block-diagonal gates, one branch out.

    vLLM has no such layer; the state is that of the definition: inputs of the convolution and one element per
    channel.
    Source: Griffin, https://arxiv.org/abs/2402.19427, section 2.4.

    Args:
        fields: The language model's configuration.
        width: Channels of the recurrence.
        kernel: Length of the convolution.
    """
    hidden, heads = hidden_size(fields), query_heads(fields)
    block = width // heads
    return mixer(
        weights=2 * projection(hidden, width, bias=True)
        + width * (kernel + 1)
        + 2 * heads * projection(block, block, bias=True)
        + width
        + projection(width, hidden, bias=True),
        head_dimension=block,
        convolved=width,
        kernel=kernel,
        state=width,
        modules=tuple(
            (f"temporal_block.{name}", hidden * width) for name in ("linear_x", "linear_y", "linear_out")
        ),
    )
