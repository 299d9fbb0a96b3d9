"""LFM2-VL: a SigLIP 2 tower, a projector of merged patches, and a language model of any family, LFM2 by default.

Defined by Lfm2VlConfig and Lfm2VlForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.tower import layer_norm, width_of


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    merged = hidden_size(tower) * root.integer("downsample_factor", maximum=MAXIMUM_LAYERS) ** 2
    width, bias = width_of(root, "projector_hidden_size"), root.flag("projector_bias")
    return (
        (layer_norm(merged) if root.flag("projector_use_layernorm") else 0)
        + projection(merged, width, bias=bias)
        + projection(width, hidden_size(text), bias=bias)
    )


LFM2_VL = Composite(
    model_types=("lfm2_vl",),
    class_names=("Lfm2VlForConditionalGeneration",),
    language_model="lfm2",
    vision=(AttachedTower(tower="siglip2_vision_model", projector=_projector),),
    root_defaults={
        "projector_hidden_size": 2560,
        "projector_bias": True,
        "projector_use_layernorm": True,
        "downsample_factor": 2,
        "tie_word_embeddings": True,
    },
    tying="root else text",
    tie_names=("tie_embedding", "tie_word_embeddings"),
)

COMPOSITES = (LFM2_VL,)
