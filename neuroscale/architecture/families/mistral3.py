"""Mistral 3 (Mistral Small 3.1 and later) and LightOnOCR: a Pixtral tower, a patch merger and a language model.

The projector normalises what the tower yields, merges neighbouring patches, and projects as LLaVA's does; its
biases are off by default. Defined by Mistral3Config, LightOnOcrConfig and their ForConditionalGeneration classes
of transformers. Published files of Mistral Small say only in `text_config` whether embeddings are tied.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.llava import two_layer_projector
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields


def _patch_merger(root: Fields, tower: Fields) -> int:
    width = hidden_size(tower)
    merged = width * root.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS) ** 2
    return width + projection(merged, width)


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    return _patch_merger(root, tower) + two_layer_projector(root, text, tower)


def _unbiased_projector(root: Fields, text: Fields, tower: Fields) -> int:
    hidden = hidden_size(text)
    return _patch_merger(root, tower) + projection(hidden_size(tower), hidden) + projection(hidden, hidden)


_PIXTRAL = {
    "model_type": "pixtral",
    "intermediate_size": 4096,
    "hidden_size": 1024,
    "patch_size": 14,
    "num_hidden_layers": 24,
}

MISTRAL3 = Composite(
    model_types=("mistral3",),
    class_names=("Mistral3ForConditionalGeneration",),
    language_model="mistral",
    text_when_absent={
        "head_dim": 128,
        "hidden_size": 5120,
        "intermediate_size": 32768,
        "max_position_embeddings": 131072,
        "num_attention_heads": 32,
        "num_hidden_layers": 40,
        "num_key_value_heads": 8,
        "sliding_window": None,
        "vocab_size": 131072,
    },
    vision=(AttachedTower(tower="pixtral", when_absent=_PIXTRAL, projector=_projector),),
    root_defaults={"multimodal_projector_bias": False, "spatial_merge_size": 2, "tie_word_embeddings": True},
    tying="root else text",
)
LIGHTON_OCR = Composite(
    model_types=("lighton_ocr",),
    class_names=("LightOnOcrForConditionalGeneration", "LightOnOCRForConditionalGeneration"),
    language_model="qwen3",
    text_when_absent={
        "head_dim": 128,
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "max_position_embeddings": 40960,
        "num_attention_heads": 16,
        "num_hidden_layers": 28,
        "num_key_value_heads": 8,
        "sliding_window": None,
        "vocab_size": 151936,
    },
    vision=(AttachedTower(tower="pixtral", when_absent=_PIXTRAL, projector=_unbiased_projector),),
    root_defaults={"spatial_merge_size": 2, "tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (MISTRAL3, LIGHTON_OCR)
