"""EXAONE 4: head norms, norms behind attention and feed-forward, and sliding layers with every n-th full.

The period may be given as a text of letters, beside which `layer_types` is always stated. Defined by Exaone4Config
and Exaone4ForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import LayerKind, UncountableError
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.layer_plan import (
    dense_layers,
    every_nth_layer_full,
    full_attention,
    stated_attention_kinds,
)


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if (stated := stated_attention_kinds(fields)) is not None:
        return dense_layers(stated)
    if fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS) is None:
        return dense_layers(full_attention(fields))
    if isinstance(fields.value("sliding_window_pattern")[1], str):
        raise UncountableError("which layers slide is not stated as a period (sliding_window_pattern)")
    period = fields.integer("sliding_window_pattern", maximum=MAXIMUM_LAYERS)
    return dense_layers(every_nth_layer_full(fields, period))


EXAONE4 = replace(
    LLAMA,
    model_types=("exaone4",),
    class_names=("Exaone4ForCausalLM",),
    defaults={
        "vocab_size": 102400,
        "hidden_size": 4096,
        "intermediate_size": 16384,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "sliding_window": 4096,
        "sliding_window_pattern": 4,
        "max_position_embeddings": 2048,
    },
    layers=_layers,
    attention=partial(grouped_query_attention, head_norm="head"),
    dense=dense_feed_forward,
)

FAMILIES = (EXAONE4,)
