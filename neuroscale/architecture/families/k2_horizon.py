"""K2-Horizon: Qwen's plan of MoE layers, optionally with routed values and an output gate in their attention.

With `mova_num_experts` an attention layer that has experts chooses among several value projections by a router of
its own; those are counted as routed parameters. A bias of the routers (`moe_gate_bias`) corrects the choice.
`attention_gate_func` names the gate of the attention's output, of the queries' width. Defined by K2HorizonConfig,
published with the weights, and K2HorizonForCausalLM of vLLM 0.33.0.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    head_dimension,
    hidden_size,
    key_value_heads,
    projection,
    query_heads,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, Fields
from neuroscale.architecture.layer_plan import full_attention, sparse_step_layers
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if fields.flag("use_sliding_window"):
        raise UncountableError("windowed attention (use_sliding_window) is not covered")
    return sparse_step_layers(fields, full_attention(fields))


def _value_experts(fields: Fields) -> int:
    return fields.optional_integer("mova_num_experts", maximum=MAXIMUM_EXPERTS) or 0


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    normed = fields.flag("query_key_norm")
    block = grouped_query_attention(
        fields,
        kind,
        input_bias="attention_bias",
        output_bias="attention_bias",
        head_norm="width" if normed else "none",
    )
    hidden, heads, head = hidden_size(fields), query_heads(fields), head_dimension(fields)
    if fields.has("attention_gate_func"):
        gate = projection(hidden, heads * head)
        block = replace(
            block, weights=block.weights + gate, modules=(*block.modules, ("self_attn.gate_proj", gate))
        )
    if not (kind.experts and _value_experts(fields)):
        return block
    values = projection(hidden, key_value_heads(fields) * head, bias=fields.flag("attention_bias"))
    modules = tuple(named for named in block.modules if named[0] != "self_attn.v_proj")
    return replace(block, weights=block.weights - values, modules=modules)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    bias = fields.flag("moe_gate_bias")
    block = expert_feed_forward(
        fields,
        kind,
        shared_width=partial(shared_experts_of_routed_width, count="num_shared_experts"),
        router_bias=bias,
    )
    count = _value_experts(fields)
    if not count or block.experts_per_token is None:
        return block
    chosen = fields.integer("mova_num_experts_per_tok", minimum=0, maximum=MAXIMUM_EXPERTS)
    if not 1 <= chosen <= count:
        raise InvalidInputError(
            f"{chosen} value experts per token cannot be chosen among {count}",
            field=fields.path("mova_num_experts_per_tok"),
        )
    values = projection(hidden_size(fields), key_value_heads(fields) * head_dimension(fields))
    per_expert = block.routed // block.routed_experts
    return replace(
        block,
        router=block.router + projection(hidden_size(fields), count, bias=bias),
        routed=block.routed + count * values,
        active=block.experts_per_token * per_expert + chosen * values,
        modules=(*block.modules, ("self_attn.v_experts.0", count * values)),
    )


K2_HORIZON = Family(
    model_types=("k2_horizon",),
    class_names=("K2HorizonForCausalLM",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 24,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "max_position_embeddings": 32768,
        "decoder_sparse_step": 1,
        "moe_intermediate_size": 768,
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "num_shared_experts": 0,
        "query_key_norm": True,
        "mova_num_experts": 0,
        "mova_num_experts_per_tok": 0,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=_experts,
)

FAMILIES = (K2_HORIZON,)
