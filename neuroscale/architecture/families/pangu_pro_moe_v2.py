"""openPangu Pro MoE v2: keys and values of different widths, learned keys (and values) before every sequence.

Each layer puts `param_sink_number` learned keys before the sequence, with learned values when
`param_sink_with_value` is set; they take no place in the cache. Norms, experts and biases are those of openPangu
Ultra MoE; without such keys so is the attention. The configuration class came with the published weights; defined
by PanguProMoEV2ForCausalLM of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, key_value_heads, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, LayerKind, UncountableError
from neuroscale.architecture.families.openpangu import PANGU_ULTRA_MOE
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    sinks = fields.optional_integer("param_sink_number", maximum=MAXIMUM_TOKENS) or 0
    if not sinks or kind.attention == "latent":
        return PANGU_ULTRA_MOE.attention(fields, kind)
    if any(fields.has(name) for name in ("sliding_window", "interleaved_sliding_window")):
        raise UncountableError("windowed attention (sliding_window) is not covered")
    hidden, heads, kv_heads = hidden_size(fields), query_heads(fields), key_value_heads(fields)
    key = sum(fields.integer(name, maximum=MAXIMUM_WIDTH) for name in ("qk_nope_dim", "qk_rope_dim"))
    value = fields.integer("v_channels", maximum=MAXIMUM_WIDTH)
    output_bias = fields.flag("attention_bias") or fields.flag("bias")
    input_bias = fields.flag("qkv_bias") if fields.has("qkv_bias") else output_bias
    sink_width = key + (value if fields.flag("param_sink_with_value") else 0)
    return AttentionBlock(
        weights=projection(hidden, heads * key + kv_heads * (key + value), bias=input_bias)
        + projection(heads * value, hidden, bias=output_bias)
        + sinks * kv_heads * sink_width,
        norms=key,
        head_dimension=key,
        kv_heads=kv_heads,
        key_elements=key,
        value_elements=value,
        modules=(
            ("self_attn.q_proj", hidden * heads * key),
            ("self_attn.k_proj", hidden * kv_heads * key),
            ("self_attn.v_proj", hidden * kv_heads * value),
            ("self_attn.o_proj", heads * value * hidden),
        ),
    )


PANGU_PRO_MOE_V2 = replace(
    PANGU_ULTRA_MOE,
    model_types=("PanguProMoE", "pangu_pro_moe_v2"),
    class_names=("PanguProMoEV2ForCausalLM",),
    attention=_attention,
)

FAMILIES = (PANGU_PRO_MOE_V2,)
