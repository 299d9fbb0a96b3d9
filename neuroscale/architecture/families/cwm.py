"""CWM: Llama without attention biases, the first of every four layers full and the others sliding.

Defined by CwmConfig and CwmForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import grouped_query_attention
from neuroscale.architecture.decoder import LayerKind
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, layer_count, stated_attention_kinds

_PERIOD = 4


def first_of_four_full(fields: Fields) -> tuple[LayerKind, ...]:
    """Return layers as `layer_types` states them, or with the first of every four full and the rest sliding."""
    return dense_layers(
        stated_attention_kinds(fields)
        or ["full" if index % _PERIOD == 0 else "sliding" for index in range(layer_count(fields))]
    )


CWM = replace(
    LLAMA,
    model_types=("cwm",),
    class_names=("CwmForCausalLM",),
    defaults={
        "vocab_size": 128256,
        "hidden_size": 6144,
        "intermediate_size": 21504,
        "num_hidden_layers": 64,
        "num_attention_heads": 48,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "sliding_window": 8192,
        "max_position_embeddings": 131072,
        "rope_parameters": {"rope_type": "llama3", "factor": 16.0, "original_max_position_embeddings": 8192},
    },
    layers=first_of_four_full,
    attention=grouped_query_attention,
)

FAMILIES = (CWM,)
