"""Llama 4, multimodal: its language model and its vision tower, joined by one projection without a bias.

A configuration without `vision_config` has the tower of the class defaults. The language model brings its own
output head. Defined by Llama4Config and Llama4ForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.llama4_text import LLAMA4_TEXT
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.llama4 import LLAMA4_VISION


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    return projection(width_of(tower, "vision_output_dim"), hidden_size(text))


LLAMA4 = Composite(
    model_types=("llama4",),
    class_names=("Llama4ForConditionalGeneration",),
    language_model=LLAMA4_TEXT,
    vision=(AttachedTower(tower=LLAMA4_VISION, projector=_projector),),
    has_own_head=False,
)

COMPOSITES = (LLAMA4,)
