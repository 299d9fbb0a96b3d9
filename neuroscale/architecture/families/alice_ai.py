"""Alice AI: Kimi delta attention and gated attention as `layer_types` says, experts everywhere, weighted residuals.

Before its token mixer and before its experts a layer weighs the outputs of earlier blocks of layers, with a norm
and one weight per hidden element each; the first layer has no earlier output to mix. Defined by AliceAIConfig,
published with the weights, and AliceAIForCausalLM of vLLM 0.33.0.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    expert_feed_forward,
    grouped_query_attention,
    hidden_size,
    shared_expert_width,
)
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import expert_layers, stated_attention_kinds
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.recurrent_blocks import kimi_delta_attention

_FIRST = "first"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = stated_attention_kinds(fields)
    if kinds is None:
        raise UncountableError("the layers are not stated (layer_types)")
    if unknown := set(kinds) - {"full", "linear"}:
        raise UncountableError(f"{min(unknown)} attention is not known for this family")
    first, *others = expert_layers(kinds)
    return (first._replace(variant=_FIRST), *others)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = _delta_attention(fields) if kind.attention == "linear" else _gated_attention(fields, kind)
    mixes = 1 if kind.variant == _FIRST else 2
    return replace(block, other=mixes * hidden_size(fields))


def _gated_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return grouped_query_attention(fields, kind, head_norm="head", output_gate=True)


def _delta_attention(fields: Fields) -> AttentionBlock:
    heads = fields.integer("linear_num_key_heads", maximum=MAXIMUM_HEADS)
    head = fields.integer("linear_key_head_dim", maximum=MAXIMUM_WIDTH)
    values = (
        fields.integer("linear_num_value_heads", maximum=MAXIMUM_HEADS),
        fields.integer("linear_value_head_dim", maximum=MAXIMUM_WIDTH),
    )
    if values != (heads, head):
        raise UncountableError("values of another shape than the keys (linear_num_value_heads) are not covered")
    kernel = fields.integer("linear_conv_kernel_dim", maximum=MAXIMUM_WIDTH)
    block = kimi_delta_attention(fields, heads=heads, head=head, kernel=kernel)
    modules = tuple((name.replace("self_attn", "linear_attn"), weights) for name, weights in block.modules)
    return replace(block, modules=modules)


def _norms(_fields: Fields, kind: LayerKind) -> int:
    return 3 if kind.variant == _FIRST else 4


def _last_mix(fields: Fields) -> Extras:
    return Extras(other=hidden_size(fields))


ALICE_AI = Family(
    model_types=("alice_ai",),
    class_names=("AliceAIForCausalLM",),
    defaults={
        "vocab_size": 129024,
        "hidden_size": 2048,
        "num_hidden_layers": 48,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "linear_num_key_heads": 32,
        "linear_num_value_heads": 32,
        "linear_key_head_dim": 128,
        "linear_value_head_dim": 128,
        "linear_conv_kernel_dim": 4,
        "num_experts": 512,
        "num_experts_per_tok": 10,
        "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512,
        "max_position_embeddings": 262144,
    },
    layers=_layers,
    attention=_attention,
    experts=partial(
        expert_feed_forward,
        shared_width=shared_expert_width,
        shared_gate=True,
        shared_module="mlp.shared_expert",
    ),
    norms_per_layer=_norms,
    final_norms=2,
    extras=_last_mix,
    can_tie=False,
    prediction=counted_layers_only,
    aliases={"num_nextn_predict_layers": ("mtp_num_hidden_layers",)},
)

FAMILIES = (ALICE_AI,)
