"""Mistral: Llama without biases, and one sliding window for all layers when the configuration states it.

The class default of `sliding_window` is 4096, the value of the first release; every release since states its own
value or null. A file that is silent is read as a model without a window, which never understates its cache.
Defined by MistralConfig and MistralForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, windowed_attention

MISTRAL = Family(
    model_types=("mistral",),
    class_names=("MistralForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
    },
    layers=lambda fields: dense_layers(windowed_attention(fields)),
    attention=grouped_query_attention,
    dense=dense_feed_forward,
)

FAMILIES = (MISTRAL,)
