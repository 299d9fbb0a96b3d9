"""ERNIE 4.5 dense: Llama with one switch for the biases of attention and feed-forward.

Defined by Ernie4_5Config and Ernie4_5ForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.families.llama import LLAMA

ERNIE4_5 = replace(
    LLAMA,
    model_types=("ernie4_5",),
    class_names=("Ernie4_5ForCausalLM", "Ernie4_5_ForCausalLM"),
    defaults={
        "vocab_size": 103424,
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 18,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
    },
    attention=partial(grouped_query_attention, input_bias="use_bias", output_bias="use_bias"),
    dense=partial(dense_feed_forward, bias="use_bias"),
)

FAMILIES = (ERNIE4_5,)
