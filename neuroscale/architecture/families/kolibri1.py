"""Kolibri 1: Qwen3 attention with every fifth layer full, four norms a layer, and a shared expert in every layer.

Every layer holds experts; the correction bias of the router is a buffer. Defined by Kolibri1Config and
Kolibri1ForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import expert_feed_forward, grouped_query_attention, shared_expert_width
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import every_nth_layer_full, expert_layers

KOLIBRI1 = Family(
    model_types=("kolibri1",),
    class_names=("Kolibri1ForCausalLM",),
    defaults={
        "vocab_size": 128000,
        "hidden_size": 2560,
        "num_hidden_layers": 50,
        "num_attention_heads": 48,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "max_position_embeddings": 262144,
        "sliding_window": 513,
        "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512,
        "num_experts": 384,
        "num_experts_per_tok": 6,
    },
    layers=lambda fields: expert_layers(every_nth_layer_full(fields, 5)),
    attention=partial(grouped_query_attention, head_norm="head"),
    experts=partial(expert_feed_forward, shared_width=shared_expert_width),
    norms_per_layer=4,
)

FAMILIES = (KOLIBRI1,)
