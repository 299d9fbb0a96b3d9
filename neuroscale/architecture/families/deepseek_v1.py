"""DeepSeek-MoE, the first generation: grouped-query attention, dense first layers, then routed and shared experts.

Without `n_routed_experts` all layers are dense (DeepSeek LLM checkpoints are of the type `llama`). The
configuration class came with the published weights; defined by DeepseekForCausalLM of vLLM 0.33.0.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    routed_experts,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.llama_shaped import derived_head_attention
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    has_experts = routed_experts(fields) > 0
    first = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS) or 0
    period = fields.integer("moe_layer_freq", maximum=MAXIMUM_LAYERS)
    sparse = [has_experts and index >= first and index % period == 0 for index in range(layer_count(fields))]
    return tuple(LayerKind("full", dense=not experts, experts=experts) for experts in sparse)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if fields.flag("attention_bias"):
        raise UncountableError("a bias in the attention (attention_bias) is not covered")
    return derived_head_attention(fields, kind)


DEEPSEEK_V1 = Family(
    model_types=("deepseek",),
    class_names=("DeepseekForCausalLM",),
    defaults={"moe_layer_freq": 1, "first_k_dense_replace": 0},
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=partial(expert_feed_forward, shared_width=shared_experts_of_routed_width),
    can_tie=False,
)

FAMILIES = (DEEPSEEK_V1,)
