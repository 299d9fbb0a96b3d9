"""Token mixers with a constant state per sequence: gated delta net and Mamba-2. They keep no per-token cache."""

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
    keys = fields.integer("linear_num_key_heads", maximum=MAXIMUM_HEADS) * fields.integer(
        "linear_key_head_dim", maximum=MAXIMUM_WIDTH
    )
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
    )


def mamba2_mixer(fields: Fields) -> AttentionBlock:
    """State-space mixer of Nemotron-H: one projection in, a short convolution, a gated norm, one projection out.

    Source: Mamba-2, https://arxiv.org/abs/2405.21060.
    """
    hidden = hidden_size(fields)
    heads = fields.integer("mamba_num_heads", maximum=MAXIMUM_HEADS)
    head = fields.integer("mamba_head_dim", maximum=MAXIMUM_WIDTH)
    groups = fields.integer("mamba_n_groups", "n_groups", maximum=MAXIMUM_HEADS)
    state = fields.integer("ssm_state_size", maximum=MAXIMUM_WIDTH)
    kernel = fields.integer("mamba_d_conv", "conv_kernel", maximum=MAXIMUM_WIDTH)
    inner = heads * head
    convolved = inner + 2 * groups * state
    bias = fields.flag("use_bias")
    return AttentionBlock(
        weights=projection(hidden, inner + convolved + heads, bias=bias)
        + convolved * (kernel + (1 if fields.flag("mamba_conv_bias", "use_conv_bias") else 0))
        + 3 * heads
        + projection(inner, hidden, bias=bias),
        norms=inner,
        head_dimension=head,
        kv_heads=0,
        key_elements=0,
        value_elements=0,
    )
