"""Qwen3: Qwen2 with norms on each query and key head, a head width of its own and an optional attention bias.

Defined by Qwen3Config and Qwen3ForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.families.qwen2 import QWEN2_DEFAULTS
from neuroscale.architecture.layer_plan import dense_layers, late_windowed_attention

qwen3_attention = partial(
    grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias", head_norm="head"
)

QWEN3 = Family(
    model_types=("qwen3",),
    class_names=("Qwen3ForCausalLM",),
    defaults=QWEN2_DEFAULTS | {"head_dim": 128},
    layers=lambda fields: dense_layers(late_windowed_attention(fields)),
    attention=qwen3_attention,
    dense=dense_feed_forward,
)

FAMILIES = (QWEN3,)
