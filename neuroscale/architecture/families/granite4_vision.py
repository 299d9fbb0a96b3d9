"""Granite 4 Vision: a tower, several Q-Formers that read windows of several of its layers, and a Granite decoder.

There is one Q-Former for each entry of `deepstack_layer_map` and four for the parts of one layer. Defined by
Granite4VisionConfig and Granite4VisionForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.families.granite import GRANITE
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.qformer import QFORMER_DEFAULTS, qformer_parameters
from neuroscale.architecture.tower import layer_norm
from neuroscale.errors import InvalidInputError

_SPATIAL_PROJECTORS = 4
_ABSENT_QFORMER = {"num_hidden_layers": 1, "intermediate_size": 3072, "cross_attention_frequency": 1}
_MAXIMUM_DIGITS = 4


def _sides(root: Fields) -> tuple[int, int]:
    """Return the sides of a window's queries and of its patches, stated such as "4/8"."""
    stated = root.optional_text("downsample_rate")
    if stated is None:
        raise UncountableError("how far windows are narrowed (downsample_rate) is not stated")
    parts = stated.split("/")
    if len(parts) != 2 or not all(part.isdecimal() and len(part) <= _MAXIMUM_DIGITS for part in parts):
        raise InvalidInputError("must be two numbers such as '4/8'", field=root.path("downsample_rate"))
    return int(parts[0]), int(parts[1])


def _projectors(root: Fields, text: Fields, tower: Fields) -> int:
    width, hidden = hidden_size(tower), hidden_size(text)
    queries, window = _sides(root)
    qformer = root.nested("qformer_config", QFORMER_DEFAULTS) or Fields(
        _ABSENT_QFORMER, QFORMER_DEFAULTS, "qformer_config"
    )
    one = (
        qformer_parameters(qformer, width, width)
        + layer_norm(width)
        + (queries * queries + window * window) * width
        + projection(width, hidden, bias=True)
    )
    layers = root.value("deepstack_layer_map")[1]
    if not isinstance(layers, list | tuple) or len(layers) > MAXIMUM_LAYERS:
        raise UncountableError("which layers of the tower are read (deepstack_layer_map) is not stated")
    return (len(layers) + _SPATIAL_PROJECTORS) * one + hidden


GRANITE4_VISION_TEXT = replace(GRANITE, model_types=("granite4_vision_text",), class_names=())
GRANITE4_VISION = Composite(
    model_types=("granite4_vision",),
    class_names=("Granite4VisionForConditionalGeneration",),
    language_model=GRANITE4_VISION_TEXT,
    vision=(AttachedTower(tower="clip_vision_model", projector=_projectors),),
    root_defaults={"tie_word_embeddings": False},
)

LANGUAGE_MODELS = (GRANITE4_VISION_TEXT,)
COMPOSITES = (GRANITE4_VISION,)
