"""Jamba: Mamba-1 layers with a full one at each `attn_layer_period`, and experts at each `expert_layer_period`.

`intermediate_size` is the width of a dense feed-forward and of one routed expert. The state-space mixer has norms
of its own on time step, input and output. Defined by JambaConfig and JambaForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    grouped_query_attention,
    hidden_size,
    mixtral_experts,
    routed_experts,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.recurrent_blocks import mamba1_mixer, time_step_rank


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    attention_period = fields.integer("attn_layer_period", maximum=MAXIMUM_LAYERS)
    attention_offset = fields.integer("attn_layer_offset", minimum=0, maximum=attention_period - 1)
    expert_period = fields.integer("expert_layer_period", maximum=MAXIMUM_LAYERS)
    expert_offset = fields.integer("expert_layer_offset", minimum=0, maximum=expert_period - 1)
    has_experts = routed_experts(fields) > 1
    kinds = []
    for index in range(layer_count(fields)):
        is_sparse = has_experts and index % expert_period == expert_offset
        is_full = index % attention_period == attention_offset
        kinds.append(LayerKind("full" if is_full else "state-space", dense=not is_sparse, experts=is_sparse))
    return tuple(kinds)


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "full":
        return grouped_query_attention(fields, kind)
    return mamba1_mixer(
        fields,
        inner=hidden_size(fields) * fields.integer("mamba_expand", maximum=MAXIMUM_LAYERS),
        state=fields.integer("mamba_d_state", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("mamba_d_conv", maximum=MAXIMUM_WIDTH),
        rank=time_step_rank(fields, "mamba_dt_rank"),
        projection_bias=fields.flag("mamba_proj_bias"),
        convolution_bias=fields.flag("mamba_conv_bias"),
        state_norms=True,
        module="mamba",
    )


_DENSE_MODULES = ("feed_forward.gate_proj", "feed_forward.up_proj", "feed_forward.down_proj")

JAMBA = Family(
    model_types=("jamba",),
    class_names=("JambaForCausalLM",),
    defaults={
        "vocab_size": 65536,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 262144,
        "num_experts": 16,
        "num_experts_per_tok": 2,
        "expert_layer_period": 2,
        "expert_layer_offset": 1,
        "attn_layer_period": 8,
        "attn_layer_offset": 4,
        "mamba_d_state": 16,
        "mamba_d_conv": 4,
        "mamba_expand": 2,
        "mamba_dt_rank": "auto",
        "mamba_conv_bias": True,
    },
    layers=_layers,
    attention=_mixer,
    dense=partial(dense_feed_forward, modules=_DENSE_MODULES),
    experts=partial(mixtral_experts, module="feed_forward.experts.0"),
)

FAMILIES = (JAMBA,)
