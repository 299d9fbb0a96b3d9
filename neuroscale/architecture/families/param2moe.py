"""Param2-MoE: grouped-query attention, dense first layers, then routed and shared experts.

`moe_shared_expert_intermediate_size` is the width of all shared experts together. The configuration class came with
the published weights; defined by Param2MoEForCausalLM of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, full_attention


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return dense_then_expert_layers(full_attention(fields), dense)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return grouped_query_attention(
        fields,
        kind,
        input_bias="use_qkv_bias",
        output_bias="use_bias",
        head_norm="head" if fields.flag("use_qk_norm") else "none",
    )


def _shared_width(fields: Fields, intermediate: int) -> int:
    count = fields.optional_integer("num_shared_experts", maximum=MAXIMUM_EXPERTS) or 0
    stated = fields.optional_integer("moe_shared_expert_intermediate_size", maximum=MAXIMUM_WIDTH, minimum=1)
    return 0 if count == 0 else intermediate * count if stated is None else stated


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    return expert_feed_forward(fields, kind, shared_width=_shared_width)


PARAM2_MOE = Family(
    model_types=("param2moe",),
    class_names=("Param2MoEForCausalLM",),
    defaults={"first_k_dense_replace": 1, "num_shared_experts": 1},
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=_experts,
)

FAMILIES = (PARAM2_MOE,)
