"""GPT-NeoX and Pythia: layer norms, a feed-forward without gate, and a bias on all projections by default.

The Japanese variant has no biases but one, behind the attention of the last layer, and its feed-forward is a
multiple of the hidden size. Defined by GPTNeoXConfig, GPTNeoXJapaneseConfig and their model classes of
transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size, multi_head_attention, projection
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention

FEED_FORWARD_MODULES = ("mlp.dense_h_to_4h", "mlp.dense_4h_to_h")
_ATTENTION_MODULES = ("attention.query_key_value", "attention.dense")
_LAST = "last layer"


def _japanese_layers(fields: Fields) -> tuple[LayerKind, ...]:
    *layers, last = dense_layers(full_attention(fields))
    return (*layers, last._replace(variant=_LAST))


def _japanese_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    is_last = kind.variant == _LAST
    return multi_head_attention(fields, kind, input_bias=False, output_bias=is_last, modules=_ATTENTION_MODULES)


def _japanese_dense(fields: Fields, _kind: LayerKind) -> DenseBlock:
    hidden = hidden_size(fields)
    width = hidden * fields.integer("intermediate_multiple_size", maximum=MAXIMUM_WIDTH)
    return DenseBlock(
        width, 2 * projection(hidden, width), tuple((name, hidden * width) for name in FEED_FORWARD_MODULES)
    )


GPT_NEOX = Family(
    model_types=("gpt_neox",),
    class_names=("GPTNeoXForCausalLM",),
    defaults={
        "vocab_size": 50432,
        "hidden_size": 6144,
        "intermediate_size": 24576,
        "num_hidden_layers": 44,
        "num_attention_heads": 64,
        "max_position_embeddings": 2048,
        "attention_bias": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(
        multi_head_attention,
        input_bias="attention_bias",
        output_bias="attention_bias",
        modules=_ATTENTION_MODULES,
    ),
    dense=partial(dense_feed_forward, bias=True, matrices=2, modules=FEED_FORWARD_MODULES),
    vectors_per_norm=2,
)

GPT_NEOX_JAPANESE = replace(
    GPT_NEOX,
    model_types=("gpt_neox_japanese",),
    class_names=("GPTNeoXJapaneseForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 2560,
        "intermediate_multiple_size": 4,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": True,
    },
    layers=_japanese_layers,
    attention=_japanese_attention,
    dense=_japanese_dense,
)

FAMILIES = (GPT_NEOX, GPT_NEOX_JAPANESE)
