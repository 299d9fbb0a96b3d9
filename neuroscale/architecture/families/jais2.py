"""Jais 2: Arcee's layers with biases by default and layer norms that have a bias.

Defined by Jais2Config and Jais2ForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.families.arcee import ARCEE

JAIS2 = replace(
    ARCEE,
    model_types=("jais2",),
    class_names=("Jais2ForCausalLM",),
    defaults={
        "vocab_size": 150272,
        "hidden_size": 3328,
        "intermediate_size": 26624,
        "num_hidden_layers": 32,
        "num_attention_heads": 26,
        "max_position_embeddings": 8192,
        "attention_bias": True,
        "mlp_bias": True,
    },
    vectors_per_norm=2,
)

FAMILIES = (JAIS2,)
