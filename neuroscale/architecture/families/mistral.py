"""Mistral and Ministral: Llama without biases, and one sliding window for all layers when the file states it.

The class default of Mistral's `sliding_window` is 4096, the value of the first release; every release since states
its own value or null. A file that is silent is read as a model without a window, which never understates its cache.
Ministral may say layer by layer which ones have the window. Defined by MistralConfig, MinistralConfig,
Ministral3Config and their causal language models of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, stated_attention_kinds, windowed_attention


def _stated_or_windowed_layers(fields: Fields) -> tuple[LayerKind, ...]:
    return dense_layers(stated_attention_kinds(fields) or windowed_attention(fields))


_DEFAULTS: dict[str, object] = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131072,
}

MISTRAL = Family(
    model_types=("mistral",),
    class_names=("MistralForCausalLM",),
    defaults=_DEFAULTS,
    layers=lambda fields: dense_layers(windowed_attention(fields)),
    attention=grouped_query_attention,
    dense=dense_feed_forward,
)

MINISTRAL = replace(
    MISTRAL,
    model_types=("ministral",),
    class_names=("MinistralForCausalLM",),
    defaults=_DEFAULTS | {"sliding_window": 4096},
    layers=_stated_or_windowed_layers,
)

MINISTRAL3 = replace(
    MISTRAL,
    model_types=("ministral3",),
    class_names=("Ministral3ForCausalLM",),
    defaults=_DEFAULTS
    | {"vocab_size": 131072, "num_hidden_layers": 34, "head_dim": 128, "max_position_embeddings": 262144},
)

FAMILIES = (MISTRAL, MINISTRAL, MINISTRAL3)
