"""Hunyuan vision-language models such as HunyuanOCR: a tower, a merger that marks rows and images, and a decoder.

The merger narrows patches by two convolutions and learns vectors that begin, part and end an image. Published
files may keep the language model's fields in the root. Defined by HunYuanVLConfig and
HunYuanVLForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.hunyuan_v1_dense import HUNYUAN_V1_DENSE
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.towers.hunyuan_vl import HUNYUAN_VL_VISION

_MARKS = 3


def _merger(_root: Fields, text: Fields, tower: Fields) -> int:
    width, hidden = hidden_size(tower), hidden_size(text)
    merge = tower.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS)
    return (
        projection(width * merge * merge, 2 * width, bias=True)
        + projection(2 * width, 4 * width, bias=True)
        + projection(4 * width, hidden, bias=True)
        + 4 * width
        + _MARKS * hidden
        + width
        + hidden
    )


HUNYUAN_VL_TEXT = replace(
    HUNYUAN_V1_DENSE,
    model_types=("hunyuan_vl_text",),
    class_names=(),
    defaults={**HUNYUAN_V1_DENSE.defaults, "tie_word_embeddings": True},
    aliases={"head_dim": ("attention_head_dim",), "vocab_size": ("org_vocab_size",)},
)
HUNYUAN_VL = Composite(
    model_types=("hunyuan_vl",),
    class_names=("HunYuanVLForConditionalGeneration",),
    language_model=HUNYUAN_VL_TEXT,
    text_in_root=True,
    vision=(AttachedTower(tower=HUNYUAN_VL_VISION, projector=_merger),),
    root_defaults={"tie_word_embeddings": True},
    tying="root or text",
)

LANGUAGE_MODELS = (HUNYUAN_VL_TEXT,)
COMPOSITES = (HUNYUAN_VL,)
