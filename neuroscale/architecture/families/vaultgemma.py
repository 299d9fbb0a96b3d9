"""VaultGemma: Gemma 2 with two norms per layer; every second layer attends fully.

Defined by VaultGemmaConfig and VaultGemmaForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, every_nth_layer_full

VAULTGEMMA = Family(
    model_types=("vaultgemma",),
    class_names=("VaultGemmaForCausalLM",),
    defaults={
        "vocab_size": 256000,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 26,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "max_position_embeddings": 8192,
        "sliding_window": 4096,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: dense_layers(every_nth_layer_full(fields, 2)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    dense=dense_feed_forward,
)

FAMILIES = (VAULTGEMMA,)
