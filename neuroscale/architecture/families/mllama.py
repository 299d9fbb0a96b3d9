"""Llama 3.2 Vision: a Llama decoder of which some layers attend to the image instead of the text.

The layers of `cross_attention_layers` read keys and values of the image, so they keep nothing per token of text;
they norm queries and keys and have two gates. The input embedding has eight rows more than the vocabulary; the
head has not, and is never tied. Defined by MllamaConfig and MllamaForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention, hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.mllama import MLLAMA_VISION

_CROSS_ATTENTION = "attends to the image"
_DEFAULT_CROSS_ATTENTION_LAYERS = (3, 8, 13, 18, 23, 28, 33, 38)
_FURTHER_EMBEDDING_ROWS = 8
_GATES = 2


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    stated = fields.integers("cross_attention_layers", maximum=MAXIMUM_LAYERS)
    cross = frozenset(_DEFAULT_CROSS_ATTENTION_LAYERS if stated is None else stated)
    return tuple(
        LayerKind("none", dense=True, experts=False, variant=_CROSS_ATTENTION)
        if index in cross
        else LayerKind("full", dense=True, experts=False)
        for index in range(layer_count(fields))
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.variant != _CROSS_ATTENTION:
        return grouped_query_attention(fields, kind)
    block = grouped_query_attention(fields, kind, head_norm="head")
    return replace(block, kv_heads=0, key_elements=0, value_elements=0, other=_GATES)


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    return projection(width_of(tower, "vision_output_dim"), hidden_size(text), bias=True)


MLLAMA_TEXT = Family(
    model_types=("mllama_text_model",),
    class_names=(),
    defaults={
        "vocab_size": 128256,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 40,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    extras=lambda fields: Extras(input_embedding=_FURTHER_EMBEDDING_ROWS * hidden_size(fields)),
)
MLLAMA = Composite(
    model_types=("mllama",),
    class_names=("MllamaForConditionalGeneration",),
    language_model=MLLAMA_TEXT,
    vision=(AttachedTower(tower=MLLAMA_VISION, projector=_projector),),
    tying="never",
)

COMPOSITES = (MLLAMA,)
