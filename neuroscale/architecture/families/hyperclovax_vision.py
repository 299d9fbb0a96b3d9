"""HyperCLOVA X SEED Think with images: the tower of Qwen2.5-VL, one linear projection, and a HyperCLOVA X decoder.

Defined by HyperCLOVAXVisionV2Config and HyperCLOVAXVisionV2ForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import width_of


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    return projection(width_of(tower, "out_hidden_size"), hidden_size(text), bias=True)


HYPERCLOVAX_VISION_V2 = Composite(
    model_types=("hyperclovax_vision_v2",),
    class_names=("HyperCLOVAXVisionV2ForConditionalGeneration",),
    language_model="hyperclovax",
    vision=(AttachedTower(tower="qwen2_5_vl_vision", projector=_projector),),
    root_defaults={"tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (HYPERCLOVAX_VISION_V2,)
