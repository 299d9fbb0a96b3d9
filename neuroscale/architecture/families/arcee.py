"""Arcee: Llama with a feed-forward that has no gate.

Defined by ArceeConfig and ArceeForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward
from neuroscale.architecture.families.llama import LLAMA

ARCEE = replace(
    LLAMA,
    model_types=("arcee",),
    class_names=("ArceeForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 2560,
        "intermediate_size": 18432,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 4096,
    },
    dense=partial(dense_feed_forward, bias="mlp_bias", matrices=2),
)

FAMILIES = (ARCEE,)
