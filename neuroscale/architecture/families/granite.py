"""Granite 3, and its successor with attention sinks and, by default, three sliding layers in four.

The multipliers of embeddings, residuals and logits are no weights. Defined by GraniteConfig, GraniteSWAConfig and
their model classes of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.families.cwm import first_of_four_full
from neuroscale.architecture.families.llama import LLAMA, biased_attention
from neuroscale.architecture.layer_plan import dense_layers, full_attention

GRANITE = replace(
    LLAMA,
    model_types=("granite",),
    class_names=("GraniteForCausalLM",),
    layers=lambda fields: dense_layers(full_attention(fields)),
)

GRANITE_SWA = replace(
    LLAMA,
    model_types=("granite_swa",),
    class_names=("GraniteSWAForCausalLM",),
    defaults={
        "vocab_size": 100352,
        "hidden_size": 2560,
        "intermediate_size": 8192,
        "num_hidden_layers": 24,
        "num_attention_heads": 20,
        "num_key_value_heads": 4,
        "sliding_window": 128,
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
    },
    layers=first_of_four_full,
    attention=partial(biased_attention, sinks=True),
)

FAMILIES = (GRANITE, GRANITE_SWA)
