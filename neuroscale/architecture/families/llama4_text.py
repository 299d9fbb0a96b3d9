"""The language model of Llama 4: chunked and full layers, dense and MoE layers in turn, one shared expert.

Layers without rotary positions (`no_rope_layers`, or every `no_rope_layer_interval`-th) attend fully, the others
in chunks of `attention_chunk_size`. `intermediate_size` is the width of a routed expert and of the shared one;
`intermediate_size_mlp` that of dense layers. Defined by Llama4TextConfig and Llama4ForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import every_nth_layer_full, layer_count, stated_attention_kinds
from neuroscale.architecture.model import AttentionKind
from neuroscale.errors import InvalidInputError


def _attention_kinds(fields: Fields) -> tuple[AttentionKind, ...]:
    if (stated := stated_attention_kinds(fields)) is not None:
        return stated
    layers = layer_count(fields)
    rotary = fields.integers("no_rope_layers", maximum=1)
    if not rotary:
        period = fields.integer("no_rope_layer_interval", maximum=MAXIMUM_LAYERS)
        return every_nth_layer_full(fields, period, between="chunked")
    if len(rotary) < layers:
        raise InvalidInputError(
            f"has {len(rotary)} entries for {layers} layers", field=fields.path("no_rope_layers")
        )
    return tuple("chunked" if is_rotary else "full" for is_rotary in rotary[:layers])


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    attention = _attention_kinds(fields)
    stated = fields.integers("moe_layers", maximum=MAXIMUM_LAYERS)
    step = fields.integer("interleave_moe_layer_step", maximum=MAXIMUM_LAYERS)
    with_experts = frozenset(range(step - 1, len(attention), step) if stated is None else stated)
    return tuple(
        LayerKind(kind, dense=index not in with_experts, experts=index in with_experts)
        for index, kind in enumerate(attention)
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(fields, kind, input_bias="attention_bias", output_bias="attention_bias")
    if kind.attention != "chunked":
        return block
    return replace(
        block, window_tokens=fields.optional_integer("attention_chunk_size", maximum=MAXIMUM_TOKENS, minimum=1)
    )


def _same_width(_fields: Fields, intermediate: int) -> int:
    return intermediate


LLAMA4_TEXT = Family(
    model_types=("llama4_text",),
    class_names=("Llama4ForCausalLM",),
    defaults={
        "vocab_size": 202048,
        "hidden_size": 5120,
        "intermediate_size": 8192,
        "intermediate_size_mlp": 16384,
        "num_hidden_layers": 48,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "num_local_experts": 16,
        "num_experts_per_tok": 1,
        "interleave_moe_layer_step": 1,
        "no_rope_layer_interval": 4,
        "attention_chunk_size": 8192,
    },
    layers=_layers,
    attention=_attention,
    dense=partial(
        dense_feed_forward,
        width="intermediate_size_mlp",
        modules=("feed_forward.gate_proj", "feed_forward.up_proj", "feed_forward.down_proj"),
    ),
    experts=partial(
        expert_feed_forward,
        width="intermediate_size",
        shared_width=_same_width,
        module="feed_forward.experts.0",
        shared_module="feed_forward.shared_expert",
    ),
)

FAMILIES = (LLAMA4_TEXT,)
