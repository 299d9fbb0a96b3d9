"""Seed-OSS: Llama with a head width of its own and a bias apart for the attention output.

Defined by SeedOssConfig and SeedOssForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, full_attention

SEED_OSS = Family(
    model_types=("seed_oss",),
    class_names=("SeedOssForCausalLM",),
    defaults={
        "vocab_size": 155136,
        "hidden_size": 4096,
        "intermediate_size": 27648,
        "num_hidden_layers": 64,
        "num_attention_heads": 80,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 524288,
        "attention_bias": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_out_bias"),
    dense=partial(dense_feed_forward, bias="mlp_bias"),
)

FAMILIES = (SEED_OSS,)
