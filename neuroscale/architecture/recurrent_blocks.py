"""Token mixers with a constant state per sequence: delta nets and Mamba-2. They keep no per-token cache.

A convolution of length k keeps the last k - 1 elements of each of its channels. Engines keep the state so: source
vLLM 0.33.0, `MambaStateShapeCalculator` of model_executor/layers/mamba/mamba_utils.py.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import AttentionBlock
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields


def gated_delta_net(fields: Fields) -> AttentionBlock:
    """Linear attention of Qwen3-Next and Qwen3.5: a short convolution, two gates per value head, a gated norm.

    Source: Gated Delta Networks, https://arxiv.org/abs/2412.06464.
    """
    hidden = hidden_size(fields)
    value_heads = fields.integer("linear_num_value_heads", maximum=MAXIMUM_HEADS)
    value_head = fields.integer("linear_value_head_dim", maximum=MAXIMUM_WIDTH)
    key_head = fields.integer("linear_key_head_dim", maximum=MAXIMUM_WIDTH)
    keys = fields.integer("linear_num_key_heads", maximum=MAXIMUM_HEADS) * key_head
    values = value_heads * value_head
    kernel = fields.integer("linear_conv_kernel_dim", maximum=MAXIMUM_WIDTH)
    return AttentionBlock(
        weights=projection(hidden, 2 * keys + 2 * values + 2 * value_heads)
        + (2 * keys + values) * kernel
        + 2 * value_heads
        + projection(values, hidden),
        norms=value_head,
        head_dimension=value_head,
        kv_heads=0,
        key_elements=0,
        value_elements=0,
        convolution_state_elements=(2 * keys + values) * (kernel - 1),
        recurrent_state_elements=values * key_head,
    )


def kimi_delta_attention(fields: Fields, *, head: int, heads: int, kernel: int) -> AttentionBlock:
    """Linear attention that forgets per channel: three short convolutions, two low-rank gates, a gated norm.

    Args:
        fields: The language model's configuration.
        head: Width of one head of keys and of values.
        heads: Heads of the state.
        kernel: Length of the convolutions.

    Source: Kimi Linear, https://arxiv.org/abs/2510.26692.
    """
    hidden, width = hidden_size(fields), heads * head
    low_rank_gate = projection(hidden, head) + projection(head, width)
    return AttentionBlock(
        weights=projection(hidden, 3 * width)
        + 3 * width * kernel
        + (low_rank_gate + width + heads)
        + projection(hidden, heads)
        + low_rank_gate
        + projection(width, hidden),
        norms=head,
        head_dimension=head,
        kv_heads=0,
        key_elements=0,
        value_elements=0,
        convolution_state_elements=3 * width * (kernel - 1),
        recurrent_state_elements=width * head,
    )


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

    Source: Mamba-2, https://arxiv.org/abs/2405.21060.
    """
    hidden = hidden_size(fields)
    inner = heads * head
    convolved = inner + 2 * groups * state
    return AttentionBlock(
        weights=projection(hidden, inner + convolved + heads, bias=projection_bias)
        + convolved * (kernel + (1 if convolution_bias else 0))
        + 3 * heads
        + projection(inner, hidden, bias=projection_bias),
        norms=inner,
        head_dimension=head,
        kv_heads=0,
        key_elements=0,
        value_elements=0,
        convolution_state_elements=convolved * (kernel - 1),
        recurrent_state_elements=inner * state,
    )
