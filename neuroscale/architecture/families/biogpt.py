"""BioGPT: GPT-2 in the field names of BERT, with two unused rows before the learned positions.

Defined by BioGptConfig and BioGptForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, learned_positions
from neuroscale.architecture.families.gpt2 import GPT2

BIOGPT = replace(
    GPT2,
    model_types=("biogpt",),
    class_names=("BioGptForCausalLM",),
    defaults={
        "vocab_size": 42384,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "max_position_embeddings": 1024,
        "tie_word_embeddings": True,
    },
    aliases={},
    dense=partial(dense_feed_forward, bias=True, matrices=2),
    extras=partial(learned_positions, offset=2),
)

FAMILIES = (BIOGPT,)
