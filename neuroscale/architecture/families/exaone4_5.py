"""EXAONE 4.5: the tower of Qwen2.5-VL with fewer key/value than query heads, and an EXAONE 4 language model.

Defined by Exaone4_5_Config and Exaone4_5_ForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.exaone4 import EXAONE4
from neuroscale.architecture.families.qwen2_vl import no_projector
from neuroscale.architecture.towers.qwen2_vl import EXAONE4_5_VISION

EXAONE4_5_TEXT = replace(EXAONE4, model_types=("exaone4_5_text",), class_names=())
EXAONE4_5 = Composite(
    model_types=("exaone4_5",),
    class_names=("Exaone4_5_ForConditionalGeneration",),
    language_model="exaone4",
    vision=(AttachedTower(tower=EXAONE4_5_VISION, projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
)

LANGUAGE_MODELS = (EXAONE4_5_TEXT,)
COMPOSITES = (EXAONE4_5,)
