"""LFM3-VL: a tower of convolutions and attention, a projector, and a language model of any family.

Defined by Lfm3VlConfig and Lfm3VlForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.tower import layer_norm, width_of
from neuroscale.architecture.towers.lfm3_vl import LFM3_VL_VISION


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    width, inner = hidden_size(tower), width_of(root, "projector_hidden_size")
    merged = width * tower.integer("spatial_merge_size", maximum=MAXIMUM_LAYERS) ** 2
    bias = root.flag("projector_bias")
    return (
        layer_norm(width) + projection(merged, inner, bias=bias) + projection(inner, hidden_size(text), bias=bias)
    )


LFM3_VL = Composite(
    model_types=("lfm3_vl",),
    class_names=("Lfm3VlForConditionalGeneration",),
    language_model="lfm3",
    vision=(AttachedTower(tower=LFM3_VL_VISION, projector=_projector),),
    root_defaults={"projector_hidden_size": 4096, "projector_bias": True, "tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (LFM3_VL,)
