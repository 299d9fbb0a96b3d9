"""JetMoE: routed experts in the feed-forward and in the attention, whose query and output projections they hold.

One router chooses the experts of the attention and another those of the feed-forward, as many of each. Keys and
values are shared by all experts, so that each chosen one adds `num_key_value_heads` query heads. Defined by
JetMoeConfig and JetMoeForCausalLM of transformers; source JetMoE, https://arxiv.org/abs/2404.07413.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    experts_per_token,
    hidden_size,
    mixtral_experts,
    projection,
    routed_experts,
)
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention


def _attention(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    hidden, kv_heads = hidden_size(fields), _kv_heads(fields)
    width = _head_width(fields)
    # The output of the attention experts has one bias for all of them.
    return AttentionBlock(
        weights=projection(hidden, 2 * kv_heads * width) + hidden,
        norms=0,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        query_heads=kv_heads * (experts_per_token(fields, routed_experts(fields)) or 1),
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    block = mixtral_experts(fields, kind)
    hidden = hidden_size(fields)
    queries_and_output = 2 * projection(hidden, _kv_heads(fields) * _head_width(fields))
    return replace(
        block,
        router=2 * block.router,
        routed=block.routed + block.routed_experts * queries_and_output,
        # The output of the feed-forward experts has one bias for all of them.
        other=hidden,
    )


def _kv_heads(fields: Fields) -> int:
    # Published files leave out the query heads, which are as many for each chosen expert.
    return fields.integer("num_key_value_heads", maximum=MAXIMUM_HEADS)


def _head_width(fields: Fields) -> int:
    return fields.integer("kv_channels", "head_dim", maximum=MAXIMUM_WIDTH)


JETMOE = Family(
    model_types=("jetmoe",),
    class_names=("JetMoeForCausalLM", "JetMoEForCausalLM"),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 2048,
        "num_hidden_layers": 12,
        "num_key_value_heads": 16,
        "kv_channels": 128,
        "intermediate_size": 5632,
        "max_position_embeddings": 4096,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: expert_layers(full_attention(fields)),
    attention=_attention,
    experts=_experts,
)

FAMILIES = (JETMOE,)
