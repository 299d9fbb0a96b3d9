"""PaliGemma 1 and 2: a SigLIP tower, one linear projection, and a Gemma language model.

The projection's width is stated by the root (`projection_dim`), not taken from the language model. Defined by
PaliGemmaConfig and PaliGemmaForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import width_of


def _projector(root: Fields, _text: Fields, tower: Fields) -> int:
    return projection(hidden_size(tower), width_of(root, "projection_dim"), bias=True)


PALIGEMMA = Composite(
    model_types=("paligemma",),
    class_names=("PaliGemmaForConditionalGeneration",),
    language_model="gemma",
    text_when_absent={
        "hidden_size": 2048,
        "num_hidden_layers": 18,
        "intermediate_size": 16384,
        "num_attention_heads": 8,
        "num_key_value_heads": 1,
        "vocab_size": 257152,
    },
    vision=(
        AttachedTower(
            tower="siglip_vision_model",
            when_absent={
                "intermediate_size": 4096,
                "hidden_size": 1152,
                "patch_size": 14,
                "image_size": 224,
                "num_hidden_layers": 27,
                "vision_use_head": False,
            },
            projector=_projector,
        ),
    ),
    root_defaults={"projection_dim": 2048, "tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (PALIGEMMA,)
