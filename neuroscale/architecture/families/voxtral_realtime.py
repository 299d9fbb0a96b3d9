"""Voxtral Realtime: a causal audio encoder, and a Mistral decoder whose norms the delay of the transcript scales.

The scale comes from two linear layers of a fixed inner width in every layer. The class takes defaults of its own
for the language model. Defined by VoxtralRealtimeConfig and VoxtralRealtimeForConditionalGeneration of
transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import Extras
from neuroscale.architecture.families.mistral import MISTRAL
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.towers.whisper import VOXTRAL_REALTIME_ENCODER

_SCALE_WIDTH = 32


def _scales(fields: Fields) -> Extras:
    return Extras(other=layer_count(fields) * 2 * projection(hidden_size(fields), _SCALE_WIDTH))


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    hidden = hidden_size(text)
    stacked = hidden_size(tower) * root.integer("downsample_factor", maximum=MAXIMUM_LAYERS)
    return projection(stacked, hidden) + projection(hidden, hidden)


VOXTRAL_REALTIME_TEXT = replace(
    MISTRAL, model_types=("voxtral_realtime_text",), class_names=(), extras=_scales, aliases={}
)
VOXTRAL_REALTIME = Composite(
    model_types=("voxtral_realtime",),
    class_names=("VoxtralRealtimeForConditionalGeneration",),
    language_model=VOXTRAL_REALTIME_TEXT,
    text_defaults={
        "vocab_size": 131072,
        "hidden_size": 3072,
        "intermediate_size": 9216,
        "num_hidden_layers": 26,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "head_dim": 128,
        "tie_word_embeddings": True,
        "sliding_window": 8192,
    },
    audio=(AttachedTower(tower=VOXTRAL_REALTIME_ENCODER, tower_field="audio_config", projector=_projector),),
    root_defaults={"downsample_factor": 4, "tie_word_embeddings": True},
    tying="root else text",
)

LANGUAGE_MODELS = (VOXTRAL_REALTIME_TEXT,)
COMPOSITES = (VOXTRAL_REALTIME,)
