"""Granite Speech: a conformer, a Q-Former that narrows windows of it, and a language model of any family.

The low-rank adapter that the checkpoint keeps in files of its own is not counted. Defined by GraniteSpeechConfig
and GraniteSpeechForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_TOKENS, Fields
from neuroscale.architecture.qformer import QFORMER_DEFAULTS, qformer_parameters
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.granite_speech import GRANITE_SPEECH_ENCODER


def _projector(root: Fields, text: Fields, _tower: Fields) -> int:
    fields = root.nested("projector_config", QFORMER_DEFAULTS) or Fields({}, QFORMER_DEFAULTS, "projector_config")
    width = hidden_size(fields)
    queries = root.integer("window_size", maximum=MAXIMUM_TOKENS) // root.integer(
        "downsample_rate", maximum=MAXIMUM_TOKENS
    )
    return (
        queries * width
        + qformer_parameters(fields, width, width_of(fields, "encoder_hidden_size"))
        + projection(width, hidden_size(text), bias=True)
    )


GRANITE_SPEECH = Composite(
    model_types=("granite_speech", "granite_speech_plus"),
    class_names=("GraniteSpeechForConditionalGeneration", "GraniteSpeechPlusForConditionalGeneration"),
    language_model="granite",
    audio=(AttachedTower(tower=GRANITE_SPEECH_ENCODER, tower_field="encoder_config", projector=_projector),),
    root_defaults={"window_size": 15, "downsample_rate": 5, "tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (GRANITE_SPEECH,)
