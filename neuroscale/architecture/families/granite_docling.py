"""Granite Docling: a tower with its connector, a Granite decoder, and optionally a router by the density of a page.

The router decides how finely a page is read; it has four small parts when `density_router_hidden_size` is stated.
Defined by GraniteDoclingConfig and GraniteDoclingForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.granite import GRANITE
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.tower import layer_norm
from neuroscale.architecture.towers.granite_docling import GRANITE_DOCLING_VISION


def _density_router(root: Fields, _text: Fields, tower: Fields) -> int:
    inner = root.optional_integer("density_router_hidden_size", maximum=MAXIMUM_WIDTH, minimum=1)
    if inner is None:
        return 0
    width = hidden_size(tower)
    return (
        projection(width, 1, bias=True)
        + layer_norm(width)
        + projection(width, inner, bias=True)
        + projection(inner, 1, bias=True)
    )


GRANITE_DOCLING_TEXT = replace(
    GRANITE,
    model_types=("granite_docling_text",),
    class_names=(),
    defaults={
        "vocab_size": 133800,
        "hidden_size": 1024,
        "intermediate_size": 2048,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 4,
        "max_position_embeddings": 32768,
        "tie_word_embeddings": True,
    },
)
GRANITE_DOCLING = Composite(
    model_types=("granite_docling",),
    class_names=("GraniteDoclingForConditionalGeneration",),
    language_model=GRANITE_DOCLING_TEXT,
    vision=(AttachedTower(tower=GRANITE_DOCLING_VISION, projector=_density_router),),
    root_defaults={"tie_word_embeddings": True},
    tying="root else text",
)

LANGUAGE_MODELS = (GRANITE_DOCLING_TEXT,)
COMPOSITES = (GRANITE_DOCLING,)
