"""Command-A-Plus: one norm per layer for attention and feed-forward, which compute side by side.

Dense first layers may have a width of their own and a sliding pattern of their own. Embeddings are tied by default.
Defined by Cohere2MoeConfig and Cohere2MoeForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import DenseBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count, stated_attention_kinds, typed_layers
from neuroscale.architecture.model import AttentionKind


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    dense = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS) or 0
    kinds = stated_attention_kinds(fields)
    if kinds is None:
        first = _pattern(fields, "prefix_dense_sliding_window_pattern", min(dense, layer_count(fields)))
        kinds = first + _pattern(fields, "sliding_window_pattern", layer_count(fields) - len(first))
    return typed_layers(fields, kinds, dense)


def _pattern(fields: Fields, name: str, layers: int) -> tuple[AttentionKind, ...]:
    period = fields.integer(name, maximum=MAXIMUM_LAYERS)
    return tuple("full" if (index + 1) % period == 0 else "sliding" for index in range(layers))


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    name = "prefix_dense_intermediate_size"
    return dense_feed_forward(fields, kind, width=name if fields.has(name) else "intermediate_size")


COHERE2_MOE = Family(
    model_types=("cohere2_moe",),
    class_names=("Cohere2MoeForCausalLM",),
    defaults={
        "vocab_size": 256000,
        "hidden_size": 8192,
        "intermediate_size": 22528,
        "num_hidden_layers": 40,
        "num_attention_heads": 64,
        "head_dim": 128,
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
        "sliding_window": 4096,
        "sliding_window_pattern": 4,
        "prefix_dense_sliding_window_pattern": 1,
        "num_experts": 8,
        "num_experts_per_tok": 2,
        "num_shared_experts": 0,
    },
    layers=_layers,
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    dense=_dense,
    experts=partial(
        expert_feed_forward,
        width="intermediate_size",
        shared_width=partial(shared_experts_of_routed_width, count="num_shared_experts"),
    ),
    norms_per_layer=1,
)

FAMILIES = (COHERE2_MOE,)
