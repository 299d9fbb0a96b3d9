"""Ovis 2: a tower that yields visual tokens, a table that embeds them, and a language model of any family.

The table and the output head take their widths from the root. Defined by Ovis2Config and
Ovis2ForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.fields import MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.ovis2 import OVIS2_VISION


def _visual_embedding(root: Fields, text: Fields, tower: Fields) -> int:
    vocabularies = {fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY) for fields in (root, text)}
    if width_of(root) != hidden_size(text) or len(vocabularies) > 1:
        raise UncountableError("hidden_size and vocab_size differ between the root and text_config")
    return tower.integer("vocab_size", maximum=MAXIMUM_VOCABULARY) * hidden_size(text)


OVIS2 = Composite(
    model_types=("ovis2",),
    class_names=("Ovis2ForConditionalGeneration",),
    language_model="qwen2",
    vision=(AttachedTower(tower=OVIS2_VISION, projector=_visual_embedding),),
    root_defaults={"vocab_size": 151643, "hidden_size": 1536, "tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (OVIS2,)
