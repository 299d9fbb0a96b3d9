"""BLIP-2 with a decoder: a vision transformer, a Q-Former with learned queries, and a whole language model.

The language model keeps its own output head. One with an encoder of its own is not described. Defined by
Blip2Config and Blip2ForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_TOKENS, Fields
from neuroscale.architecture.qformer import QFORMER_DEFAULTS, qformer_parameters
from neuroscale.architecture.towers.blip_2 import BLIP_2_VISION


def _queries(root: Fields, text: Fields, tower: Fields) -> int:
    fields = root.nested("qformer_config", QFORMER_DEFAULTS) or Fields({}, QFORMER_DEFAULTS, "qformer_config")
    width = hidden_size(fields)
    return (
        root.integer("num_query_tokens", maximum=MAXIMUM_TOKENS) * width
        + qformer_parameters(fields, width, hidden_size(tower))
        + projection(width, hidden_size(text), bias=True)
    )


BLIP_2 = Composite(
    model_types=("blip-2",),
    class_names=("Blip2ForConditionalGeneration",),
    language_model="opt",
    vision=(AttachedTower(tower=BLIP_2_VISION, projector=_queries),),
    root_defaults={"num_query_tokens": 32},
    has_own_head=False,
)

COMPOSITES = (BLIP_2,)
