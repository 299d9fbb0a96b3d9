"""openPangu: dense (Embedded), and with latent attention and DeepSeek's experts (Ultra-MoE).

Layers have two more norms with `sandwich_norm`. With `param_sink_number` the attention has learned sinks of its own
(Pro-MoE v2), which is not covered. The configuration classes came with the published weights; defined by
PanguEmbeddedForCausalLM and PanguUltraMoEForCausalLM of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    latent_attention,
    routed_experts,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, layer_count, repeated
from neuroscale.architecture.prediction import counted_layers_only

_LATENT_FIELDS = ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "kv_lora_rank")


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    dense = layers
    if routed_experts(fields):
        dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    is_latent = all(fields.has(name) for name in _LATENT_FIELDS)
    return dense_then_expert_layers(repeated("latent" if is_latent else "full", layers), dense)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "latent":
        return latent_attention(fields, kind)
    if fields.optional_integer("param_sink_number", maximum=MAXIMUM_WIDTH):
        raise UncountableError("learned attention sinks (param_sink_number) are not covered")
    if fields.has("sliding_window") or fields.has("interleaved_sliding_window"):
        raise UncountableError("windowed attention (sliding_window) is not covered")
    output_bias = fields.flag("attention_bias") or fields.flag("bias")
    input_bias = fields.flag("qkv_bias") if fields.has("qkv_bias") else output_bias
    return grouped_query_attention(fields, kind, input_bias=input_bias, output_bias=output_bias)


def _feed_forward(fields: Fields, kind: LayerKind) -> DenseBlock:
    return dense_feed_forward(fields, kind, bias="mlp_bias")


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    return expert_feed_forward(fields, kind, shared_width=shared_experts_of_routed_width)


def _norms(fields: Fields, _kind: LayerKind) -> int:
    return 4 if fields.flag("sandwich_norm") else 2


PANGU_ULTRA_MOE = Family(
    model_types=("pangu_ultra_moe",),
    class_names=("PanguUltraMoEForCausalLM",),
    defaults={},
    layers=_layers,
    attention=_attention,
    dense=_feed_forward,
    experts=_experts,
    norms_per_layer=_norms,
    prediction=counted_layers_only,
)
PANGU_EMBEDDED = replace(
    PANGU_ULTRA_MOE, model_types=("PanguEmbedded",), class_names=("PanguEmbeddedForCausalLM",), prediction=None
)

FAMILIES = (PANGU_EMBEDDED, PANGU_ULTRA_MOE)
