"""Qwen2 and Qwen2.5: Llama with biases on query, key and value, and a window for the late layers if switched on.

Defined by Qwen2Config and Qwen2ForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import dense_layers, late_windowed_attention

QWEN2_DEFAULTS = {
    "vocab_size": 151936,
    "hidden_size": 4096,
    "intermediate_size": 22016,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "max_position_embeddings": 32768,
    "sliding_window": 4096,
    "max_window_layers": 28,
}

QWEN2 = Family(
    model_types=("qwen2",),
    class_names=("Qwen2ForCausalLM",),
    defaults=QWEN2_DEFAULTS,
    layers=lambda fields: dense_layers(late_windowed_attention(fields)),
    attention=partial(grouped_query_attention, input_bias=True),
    dense=dense_feed_forward,
)

FAMILIES = (QWEN2,)
