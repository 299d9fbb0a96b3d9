"""dots.llm1: grouped-query attention with head norms, dense first layers, then routed and shared experts.

Layers from `max_window_layers` on have the sliding window. Defined by Dots1Config and Dots1ForCausalLM of
transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention, routed_experts
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.families.deepseek import deepseek_experts
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import (
    dense_then_expert_layers,
    layer_count,
    repeated,
    stated_attention_kinds,
)


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = stated_attention_kinds(fields)
    if kinds is None:
        layers = layer_count(fields)
        has_window = fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS) is not None
        full = fields.integer("max_window_layers", minimum=0, maximum=MAXIMUM_LAYERS) if has_window else layers
        kinds = repeated("full", min(full, layers)) + repeated("sliding", layers - min(full, layers))
    dense = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS) or 0
    return dense_then_expert_layers(kinds, dense if routed_experts(fields) else len(kinds))


DOTS1 = Family(
    model_types=("dots1",),
    class_names=("Dots1ForCausalLM",),
    defaults={
        "vocab_size": 152064,
        "hidden_size": 4608,
        "intermediate_size": 10944,
        "moe_intermediate_size": 1408,
        "num_hidden_layers": 62,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "first_k_dense_replace": 0,
        "max_position_embeddings": 2048,
        "sliding_window": 4096,
        "max_window_layers": 62,
    },
    layers=_layers,
    attention=partial(
        grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias", head_norm="head"
    ),
    dense=dense_feed_forward,
    experts=deepseek_experts,
)

FAMILIES = (DOTS1,)
