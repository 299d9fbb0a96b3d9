"""Qwen3-Next: gated delta nets with every fourth layer full, a gate on the attention output, Qwen2-MoE experts.

Published checkpoints hold one layer that drafts tokens, which their configuration does not mention. Defined by
Qwen3NextConfig and Qwen3NextForCausalLM of transformers, the draft layer by vLLM 0.33.0, `qwen3_next_mtp`.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
    shared_expert_width,
)
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import every_nth_layer_full, sparse_step_layers
from neuroscale.architecture.model import AttentionKind, MultiTokenPrediction
from neuroscale.architecture.module_renaming import renamed_modules
from neuroscale.architecture.recurrent_blocks import gated_delta_net


def hybrid_attention_kinds(fields: Fields) -> tuple[AttentionKind, ...]:
    """Return linear layers with every `full_attention_interval`-th full, unless `layer_types` says otherwise."""
    period = fields.integer("full_attention_interval", maximum=MAXIMUM_LAYERS)
    return every_nth_layer_full(fields, period, between="linear")


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    """Return the token mixer; the projections of a linear one are joined in two."""
    return renamed_modules(hybrid_attention(fields, kind), _JOINED)


_JOINED = {
    "linear_attn.in_proj_qkv": "linear_attn.in_proj_qkvz",
    "linear_attn.in_proj_z": "linear_attn.in_proj_qkvz",
    "linear_attn.in_proj_b": "linear_attn.in_proj_ba",
    "linear_attn.in_proj_a": "linear_attn.in_proj_ba",
}


def hybrid_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    """Return the token mixer of a full or linear layer."""
    return gated_delta_net(fields) if kind.attention == "linear" else _full_attention(fields, kind)


_full_attention = partial(
    grouped_query_attention,
    input_bias="attention_bias",
    output_bias="attention_bias",
    head_norm="head",
    output_gate=True,
)


def draft_layers(fields: Fields, layers: int, feed_forward: int) -> MultiTokenPrediction | None:
    """Return full layers that draft tokens; embedding and output head are those of the model.

    One projection joins the embedded token with the last hidden state, each behind a norm, whatever the number of
    layers; a norm follows the last one.

    Args:
        fields: The language model's configuration.
        layers: How many there are.
        feed_forward: Parameters of the feed-forward of one layer.
    """
    if not layers:
        return None
    hidden = hidden_size(fields)
    attention = _full_attention(fields, LayerKind("full", dense=False, experts=False))
    layer = attention.weights + attention.norms + feed_forward + 2 * hidden
    return MultiTokenPrediction(layers, layers * layer + projection(2 * hidden, hidden) + 3 * hidden)


def all_parameters(block: ExpertsBlock) -> int:
    """Return router, routed and shared experts of one layer."""
    return block.router + block.routed + block.shared


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    layers = fields.optional_integer("num_nextn_predict_layers", maximum=MAXIMUM_LAYERS) or 0
    kind = LayerKind("full", dense=False, experts=True)
    if sparse_step_layers(fields, ("full",)) != (kind,):
        return MultiTokenPrediction(layers) if layers else None
    return draft_layers(fields, layers, all_parameters(_experts(fields, kind)))


_experts = partial(
    expert_feed_forward,
    shared_width=shared_expert_width,
    shared_gate=True,
    shared_module="mlp.shared_expert",
)

QWEN3_NEXT = Family(
    model_types=("qwen3_next",),
    class_names=("Qwen3NextForCausalLM",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 2048,
        "intermediate_size": 5632,
        "num_hidden_layers": 48,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "max_position_embeddings": 32768,
        "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 128,
        "linear_value_head_dim": 128,
        "linear_num_key_heads": 16,
        "linear_num_value_heads": 32,
        "full_attention_interval": 4,
        "decoder_sparse_step": 1,
        "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512,
        "num_experts_per_tok": 10,
        "num_experts": 512,
        "num_nextn_predict_layers": 1,
    },
    layers=lambda fields: sparse_step_layers(fields, hybrid_attention_kinds(fields)),
    attention=_attention,
    dense=dense_feed_forward,
    experts=_experts,
    prediction=_prediction,
)

FAMILIES = (QWEN3_NEXT,)
