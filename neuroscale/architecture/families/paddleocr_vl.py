"""PaddleOCR-VL: a tower like SigLIP, a merger of patches, and a decoder with optional biases everywhere.

Published files keep the language model's fields in the root. Defined by PaddleOCRVLConfig and
PaddleOCRVLForConditionalGeneration of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
)
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.tower import layer_norm
from neuroscale.architecture.towers.siglip import PADDLEOCR_VISION


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    width = hidden_size(tower)
    merged = width * tower.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS) ** 2
    return (
        layer_norm(width) + projection(merged, merged, bias=True) + projection(merged, hidden_size(text), bias=True)
    )


PADDLEOCR_TEXT = replace(
    LLAMA,
    model_types=("paddleocr_vl_text",),
    class_names=(),
    defaults={
        "vocab_size": 103424,
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 18,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
    },
    attention=partial(grouped_query_attention, input_bias="use_bias", output_bias="use_bias"),
    dense=partial(dense_feed_forward, bias="use_bias"),
)
PADDLEOCR_VL = Composite(
    model_types=("paddleocr_vl",),
    class_names=("PaddleOCRVLForConditionalGeneration",),
    language_model=PADDLEOCR_TEXT,
    text_in_root=True,
    vision=(AttachedTower(tower=PADDLEOCR_VISION, projector=_projector),),
    root_defaults={"tie_word_embeddings": True},
    tying="root or text",
)

LANGUAGE_MODELS = (PADDLEOCR_TEXT,)
COMPOSITES = (PADDLEOCR_VL,)
