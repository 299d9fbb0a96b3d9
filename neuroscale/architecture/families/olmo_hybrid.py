"""OLMo Hybrid: gated delta nets with every fourth layer full, and norms over the whole width of queries and keys.

What the file leaves out of the delta nets follows from the attention: as many heads, keys of three quarters of an
attention head, values twice as wide. Defined by OlmoHybridConfig and OlmoHybridForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention, hidden_size, query_heads
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, every_nth_layer_full
from neuroscale.architecture.recurrent_blocks import delta_net


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = list(every_nth_layer_full(fields, 4, between="linear"))
    if "full" not in kinds and not fields.has("layer_types"):
        kinds[-1] = "full"
    return dense_layers(kinds)


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "full":
        return _attention(fields, kind)
    heads = query_heads(fields)
    key_heads = fields.optional_integer("linear_num_key_heads", maximum=MAXIMUM_HEADS, minimum=1) or heads
    value_heads = fields.optional_integer("linear_num_value_heads", maximum=MAXIMUM_HEADS, minimum=1) or heads
    key_head = fields.optional_integer("linear_key_head_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    if key_head is None:
        key_head = max(1, 3 * hidden_size(fields) // (4 * key_heads))
    value_head = fields.optional_integer("linear_value_head_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    value_head = 2 * key_head if value_head is None else value_head
    hidden, keys, values = hidden_size(fields), key_heads * key_head, value_heads * value_head
    widths = (keys, keys, values, values, value_heads, value_heads, values)
    return replace(
        delta_net(fields, key_heads=key_heads, key_head=key_head, value_heads=value_heads, value_head=value_head),
        modules=tuple(
            (f"linear_attn.{name}_proj", hidden * width) for name, width in zip("qkvgabo", widths, strict=True)
        ),
    )


_attention = partial(
    grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias", head_norm="width"
)

OLMO_HYBRID = Family(
    model_types=("olmo_hybrid",),
    class_names=("OlmoHybridForCausalLM",),
    defaults={
        "vocab_size": 100352,
        "hidden_size": 3840,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 30,
        "max_position_embeddings": 65536,
        "linear_conv_kernel_dim": 4,
    },
    layers=_layers,
    attention=_mixer,
    dense=dense_feed_forward,
)

FAMILIES = (OLMO_HYBRID,)
