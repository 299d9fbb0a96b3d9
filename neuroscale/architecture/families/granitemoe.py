"""Granite-MoE: Mixtral with an optional attention bias; its multipliers scale activations and hold no weights.

Defined by GraniteMoeConfig and GraniteMoeForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import grouped_query_attention, mixtral_experts
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import expert_layers, full_attention

GRANITEMOE = Family(
    model_types=("granitemoe",),
    class_names=("GraniteMoeForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
    },
    layers=lambda fields: expert_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    experts=mixtral_experts,
)

FAMILIES = (GRANITEMOE,)
