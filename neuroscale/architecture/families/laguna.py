"""Laguna: Qwen3 attention with a gate on its output and a number of query heads for each layer.

`gating` is true or "per-head" for one gate weight per head and "per-element" for one per element of all heads;
layers are full unless `layer_types` says otherwise, and the first is dense unless `mlp_layer_types` does. A shared
expert has a width of its own, and the correction bias of the router is a parameter. Defined by LagunaConfig and
LagunaForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    projection,
    query_heads,
    shared_expert_width,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import MAXIMUM_HEADS, Fields
from neuroscale.architecture.layer_plan import full_attention, stated_attention_kinds, typed_layers
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    # vLLM gives sliding layers a sink per head where the file says so and transformers never does.
    if fields.flag("swa_attention_sink_enabled"):
        raise UncountableError("sinks in sliding layers (swa_attention_sink_enabled) are not covered")
    kinds = typed_layers(fields, stated_attention_kinds(fields) or full_attention(fields), 1)
    heads = fields.integers("num_attention_heads_per_layer", maximum=MAXIMUM_HEADS, minimum=1)
    if heads is None:
        return kinds
    if len(heads) != len(kinds):
        raise InvalidInputError(
            f"has {len(heads)} entries for {len(kinds)} layers", field=fields.path("num_attention_heads_per_layer")
        )
    return tuple(kind._replace(variant=str(count)) for kind, count in zip(kinds, heads, strict=True))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = qwen3_attention(fields, kind)
    hidden, stated_heads, width = hidden_size(fields), query_heads(fields), block.head_dimension
    heads = int(kind.variant) if kind.variant else stated_heads
    if heads % block.kv_heads:
        raise InvalidInputError(
            f"{block.kv_heads} key/value heads cannot serve {heads} query heads",
            field=fields.path("num_attention_heads_per_layer"),
        )
    has_bias = fields.flag("attention_bias")
    added = (heads - stated_heads) * width
    queries_and_output = projection(hidden, added, bias=has_bias) + projection(added, hidden)
    gate = projection(hidden, heads * (1 if _has_gate_per_head(fields) else width))
    resized = {"self_attn.q_proj": hidden * heads * width, "self_attn.o_proj": hidden * heads * width}
    return replace(
        block,
        weights=block.weights + queries_and_output + gate,
        modules=(
            *((name, resized.get(name, weights)) for name, weights in block.modules),
            ("self_attn.g_proj", gate),
        ),
    )


def _has_gate_per_head(fields: Fields) -> bool:
    _, gating = fields.value("gating")
    if gating in ("per-head", "per-element"):
        return gating == "per-head"
    # Without a gate transformers builds one per element and vLLM none: the weights are not certain.
    if not fields.flag("gating"):
        raise UncountableError("attention without a gate (gating) is not covered")
    return True


LAGUNA = Family(
    model_types=("laguna",),
    class_names=("LagunaForCausalLM",),
    defaults={
        "vocab_size": 100352,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 40,
        "num_attention_heads": 48,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "sliding_window": 512,
        "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512,
        "num_experts": 256,
        "num_experts_per_tok": 8,
        "gating": True,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=partial(
        expert_feed_forward,
        shared_width=shared_expert_width,
        shared_module="mlp.shared_expert",
        router_extra_per_expert=1,
    ),
)

FAMILIES = (LAGUNA,)
