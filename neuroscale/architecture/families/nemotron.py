"""Nemotron (Minitron): layer norms with biases and a feed-forward without a gate.

Defined by NemotronConfig and NemotronForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, full_attention

NEMOTRON = Family(
    model_types=("nemotron",),
    class_names=("NemotronForCausalLM",),
    defaults={
        "vocab_size": 256000,
        "hidden_size": 6144,
        "intermediate_size": 24576,
        "num_hidden_layers": 32,
        "num_attention_heads": 48,
        "max_position_embeddings": 4096,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    dense=partial(dense_feed_forward, bias="mlp_bias", matrices=2),
    vectors_per_norm=2,
)

FAMILIES = (NEMOTRON,)
