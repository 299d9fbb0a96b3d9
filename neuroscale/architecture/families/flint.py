"""Flint: head norms and a sink per head; one ungated shared expert beside the routed ones; two dense first layers.

The first two layers, every fourth from the second on and the last attend fully, the others slide. Defined by
FlintConfig and FlintForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    routed_experts,
    shared_expert_width,
)
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count, stated_attention_kinds

_DENSE_LAYERS = (0, 1)
_PERIOD_OF_FULL_LAYERS = 4


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    kinds = stated_attention_kinds(fields) or tuple(
        "full" if index < 2 or index % _PERIOD_OF_FULL_LAYERS == 1 or index == layers - 1 else "sliding"
        for index in range(layers)
    )
    stated = fields.integers("mlp_only_layers", maximum=MAXIMUM_LAYERS)
    excluded = _DENSE_LAYERS if stated is None else stated
    step = fields.integer("decoder_sparse_step", maximum=MAXIMUM_LAYERS)
    has_experts = routed_experts(fields) > 0
    is_sparse = [has_experts and index not in excluded and (index + 1) % step == 0 for index in range(layers)]
    return tuple(
        LayerKind(kind, dense=not sparse, experts=sparse) for kind, sparse in zip(kinds, is_sparse, strict=True)
    )


FLINT = Family(
    model_types=("flint",),
    class_names=("FlintForCausalLM",),
    defaults={
        "vocab_size": 150144,
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 49,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "max_position_embeddings": 262144,
        "sliding_window": 513,
        "decoder_sparse_step": 1,
        "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 1024,
        "num_experts": 256,
        "num_experts_per_tok": 6,
    },
    layers=_layers,
    attention=partial(
        grouped_query_attention,
        input_bias="attention_bias",
        output_bias="attention_bias",
        head_norm="head",
        sinks=True,
    ),
    dense=dense_feed_forward,
    experts=partial(expert_feed_forward, shared_width=shared_expert_width, shared_module="mlp.shared_expert"),
)

FAMILIES = (FLINT,)
