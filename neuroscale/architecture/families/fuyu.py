"""Fuyu: patches of an image go through one linear projection into a language model, without a tower.

Published files keep the language model's fields in the root as well. Defined by FuyuConfig and FuyuForCausalLM of
transformers.
"""

from neuroscale.architecture.blocks import hidden_size
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import Tower, patch_embedding


def _patches(root: Fields, text: Fields, _tower: Fields) -> int:
    return patch_embedding(root, hidden_size(text), bias=True)


NO_TOWER = Tower(model_types=(), defaults={}, parameters=lambda _fields: 0)
FUYU = Composite(
    model_types=("fuyu",),
    class_names=("FuyuForCausalLM",),
    language_model="persimmon",
    text_in_root=True,
    vision=(AttachedTower(tower=NO_TOWER, projector=_patches),),
    root_defaults={"patch_size": 30, "num_channels": 3, "tie_word_embeddings": False},
)

COMPOSITES = (FUYU,)
