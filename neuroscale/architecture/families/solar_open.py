"""Solar Open: grouped-query attention without a bias on its output, routed and shared experts in every layer.

Published files state a dense width and first dense layers, which the class does not read; where they ask for dense
layers, what an engine builds is not known. Defined by SolarOpenConfig and SolarOpenForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import (
    expert_feed_forward,
    grouped_query_attention,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS):
        raise UncountableError("first_k_dense_replace is not read by the class, yet it asks for dense layers")
    return expert_layers(full_attention(fields))


SOLAR_OPEN = Family(
    model_types=("solar_open",),
    class_names=("SolarOpenForCausalLM",),
    defaults={
        "vocab_size": 196608,
        "hidden_size": 4096,
        "num_hidden_layers": 48,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "moe_intermediate_size": 1280,
        "num_experts_per_tok": 8,
        "n_shared_experts": 1,
        "n_routed_experts": 128,
    },
    layers=_layers,
    attention=partial(grouped_query_attention, input_bias="attention_bias"),
    experts=partial(expert_feed_forward, shared_width=shared_experts_of_routed_width),
)

FAMILIES = (SOLAR_OPEN,)
