"""ERNIE 4.5: experts in a range of layers at an interval, with a learned correction bias per routed expert.

Embeddings are tied by default. One switch gives biases to all projections but those of routed experts, and to
the output head. Defined by Ernie4_5_MoeConfig and Ernie4_5_MoeForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    feed_forward_modules,
    grouped_query_attention,
    hidden_size,
    projection,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import ExpertsBlock, Extras, Family, LayerKind, NamedWeights
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.prediction import counted_layers_only


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    first = fields.integer("moe_layer_start_index", minimum=0, maximum=MAXIMUM_LAYERS)
    last = fields.integer("moe_layer_end_index", minimum=-1, maximum=MAXIMUM_LAYERS)
    interval = fields.integer("moe_layer_interval", maximum=MAXIMUM_LAYERS)
    with_experts = range(first, layers if last == -1 else last + 1)
    is_sparse = [index in with_experts and (index + 1) % interval == 0 for index in range(layers)]
    return tuple(LayerKind("full", dense=not sparse, experts=sparse) for sparse in is_sparse)


def ernie_shared_experts(fields: Fields, intermediate: int) -> tuple[int, int]:
    """Return the summed width of the shared experts and their parameters, from the width of a routed expert."""
    width = shared_experts_of_routed_width(fields, intermediate, count="moe_num_shared_experts")
    hidden = hidden_size(fields)
    biases = 2 * width + hidden if width and fields.flag("use_bias") else 0
    return width, 3 * projection(hidden, width) + biases


def ernie_shared_modules(fields: Fields, width: int) -> NamedWeights:
    """Return the projections of the shared experts."""
    return feed_forward_modules("mlp.shared_experts", projection(hidden_size(fields), width), 3) if width else ()


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    block = expert_feed_forward(fields, kind, router_extra_per_expert=1)
    shared_width, shared = ernie_shared_experts(fields, block.intermediate_size)
    modules = ernie_shared_modules(fields, shared_width)
    return replace(block, shared_intermediate_size=shared_width, shared=shared, shared_modules=modules)


def _head_bias(fields: Fields) -> Extras:
    rows = fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY)
    return Extras(output_head=rows if fields.flag("use_bias") else 0)


ERNIE4_5_MOE = Family(
    model_types=("ernie4_5_moe",),
    class_names=("Ernie4_5_MoeForCausalLM",),
    defaults={
        "vocab_size": 103424,
        "hidden_size": 2560,
        "intermediate_size": 12288,
        "num_hidden_layers": 28,
        "num_attention_heads": 20,
        "num_key_value_heads": 4,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "moe_intermediate_size": 1536,
        "moe_k": 6,
        "moe_num_experts": 64,
        "moe_num_shared_experts": 2,
        "moe_layer_start_index": 1,
        "moe_layer_end_index": -1,
        "moe_layer_interval": 1,
    },
    layers=_layers,
    attention=partial(grouped_query_attention, input_bias="use_bias", output_bias="use_bias"),
    dense=partial(dense_feed_forward, bias="use_bias"),
    experts=_experts,
    extras=_head_bias,
    prediction=counted_layers_only,
)

FAMILIES = (ERNIE4_5_MOE,)
