"""BioGPT: GPT-2 in the field names of BERT, with two unused rows before the learned positions.

Defined by BioGptConfig and BioGptForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, learned_positions, multi_head_attention
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
    attention=partial(
        multi_head_attention,
        modules=tuple(f"self_attn.{name}" for name in ("q_proj", "k_proj", "v_proj", "out_proj")),
    ),
    dense=partial(dense_feed_forward, bias=True, matrices=2, modules=("fc1", "fc2")),
    extras=partial(learned_positions, offset=2),
)

FAMILIES = (BIOGPT,)
