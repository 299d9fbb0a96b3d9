"""Helium: Llama whose output projection is square and has no bias.

Defined by HeliumConfig and HeliumForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import grouped_query_attention, hidden_size, projection
from neuroscale.architecture.decoder import AttentionBlock, LayerKind
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden = hidden_size(fields)
    block = grouped_query_attention(fields, kind, input_bias="attention_bias")
    *inputs, (output, rectangular) = block.modules
    square = projection(hidden, hidden)
    return replace(block, weights=block.weights - rectangular + square, modules=(*inputs, (output, square)))


HELIUM = replace(
    LLAMA,
    model_types=("helium",),
    class_names=("HeliumForCausalLM",),
    defaults={
        "vocab_size": 48000,
        "hidden_size": 2560,
        "intermediate_size": 7040,
        "num_hidden_layers": 24,
        "num_attention_heads": 20,
        "num_key_value_heads": 20,
        "head_dim": 128,
        "max_position_embeddings": 4096,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
)

FAMILIES = (HELIUM,)
