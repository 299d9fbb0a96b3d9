"""Llama: grouped-query attention and a gated feed-forward, with optional biases in both.

Defined by LlamaConfig and LlamaForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, full_attention

LLAMA = Family(
    model_types=("llama",),
    class_names=("LlamaForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    dense=partial(dense_feed_forward, bias="mlp_bias"),
)

FAMILIES = (LLAMA,)
