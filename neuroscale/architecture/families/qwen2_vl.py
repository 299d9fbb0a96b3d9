"""Qwen2-VL and Qwen2.5-VL: a tower that ends in a merger, and a Qwen2 language model.

Published files keep the language model's fields in the root; re-saved ones in `text_config`. Defined by
Qwen2VLConfig, Qwen2_5_VLConfig and their ForConditionalGeneration classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.qwen2 import QWEN2
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.towers.qwen2_vl import QWEN2_5_VL_VISION, QWEN2_VL_VISION


def no_projector(_root: Fields, _text: Fields, _tower: Fields) -> int:
    """Return nothing: the tower ends in what leads to the language model."""
    return 0


QWEN2_VL_TEXT = replace(
    QWEN2,
    model_types=("qwen2_vl_text", "qwen2_5_vl_text"),
    defaults={
        **QWEN2.defaults,
        "vocab_size": 152064,
        "hidden_size": 8192,
        "intermediate_size": 29568,
        "num_hidden_layers": 80,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "max_window_layers": 80,
    },
)
QWEN2_VL = Composite(
    model_types=("qwen2_vl",),
    class_names=("Qwen2VLForConditionalGeneration",),
    language_model=QWEN2_VL_TEXT,
    text_in_root=True,
    vision=(AttachedTower(tower=QWEN2_VL_VISION, projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
    tying="root or text",
)
QWEN2_5_VL = replace(
    QWEN2_VL,
    model_types=("qwen2_5_vl",),
    class_names=("Qwen2_5_VLForConditionalGeneration",),
    vision=(AttachedTower(tower=QWEN2_5_VL_VISION, projector=no_projector),),
)

LANGUAGE_MODELS = (QWEN2_VL_TEXT,)
COMPOSITES = (QWEN2_VL, QWEN2_5_VL)
