"""Gemma and Gemma 2: a head width of their own and tied embeddings; Gemma 2 has four norms per layer.

Of Gemma 2's layers every second is full and the others slide. Defined by GemmaConfig, Gemma2Config and their model
classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.layer_plan import dense_layers, every_nth_layer_full, full_attention

GEMMA = replace(
    LLAMA,
    model_types=("gemma",),
    class_names=("GemmaForCausalLM",),
    defaults={
        "vocab_size": 256000,
        "hidden_size": 3072,
        "intermediate_size": 24576,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "head_dim": 256,
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    dense=dense_feed_forward,
)

GEMMA2 = replace(
    GEMMA,
    model_types=("gemma2",),
    class_names=("Gemma2ForCausalLM",),
    defaults={
        **GEMMA.defaults,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 26,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "sliding_window": 4096,
    },
    layers=lambda fields: dense_layers(every_nth_layer_full(fields, 2)),
    norms_per_layer=4,
)

FAMILIES = (GEMMA, GEMMA2)
