"""Ling and Ring 2.5: lightning attention, the last layer of every group latent, the experts of Ling 2.

The published files carry the model type `bailing_hybrid` with the class BailingMoeV2_5ForCausalLM. The last layer
of every `layer_group_size` has latent attention; the others keep one state per head, with a gate as wide as the
queries and a norm of that width. The configuration class came with the published weights; defined by
BailingMoeV25ForCausalLM of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import (
    head_dimension,
    hidden_size,
    latent_attention,
    projection,
    query_heads,
    routed_experts,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.families.bailing_moe import bailing_experts, bailing_feed_forward
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.recurrent_blocks import mixer


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers, group = layer_count(fields), fields.integer("layer_group_size", maximum=MAXIMUM_LAYERS)
    kinds: list[AttentionKind] = ["linear" if (index + 1) % group else "latent" for index in range(layers)]
    dense = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS) or 0
    return dense_then_expert_layers(kinds, dense if routed_experts(fields) > 1 else layers)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "latent":
        return latent_attention(fields, kind)
    hidden, heads, head = hidden_size(fields), query_heads(fields), head_dimension(fields)
    width, bias = heads * head, fields.flag("use_bias")
    return mixer(
        weights=projection(hidden, 3 * width, bias=bias or fields.flag("use_qkv_bias"))
        + projection(hidden, width)
        + projection(width, hidden, bias=bias),
        norms=width + (2 * head if fields.flag("use_qk_norm") else 0),
        head_dimension=head,
        state=width * head,
        modules=(
            ("attention.query_key_value", hidden * 3 * width),
            ("attention.g_proj", hidden * width),
            ("attention.dense", width * hidden),
        ),
    )


BAILING_MOE_V2_5 = Family(
    model_types=("bailing_moe_v2_5",),
    class_names=("BailingMoeV2_5ForCausalLM", "BailingMoeV25ForCausalLM"),
    defaults={
        "layer_group_size": 1,
        "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64,
        "v_head_dim": 128,
        "kv_lora_rank": 512,
    },
    layers=_layers,
    attention=_attention,
    dense=bailing_feed_forward,
    experts=bailing_experts,
    can_tie=False,
    prediction=counted_layers_only,
)

FAMILIES = (BAILING_MOE_V2_5,)
