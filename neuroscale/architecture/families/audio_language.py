"""Qwen2-Audio and Voxtral: an encoder like Whisper's, a projector, and a language model of any family.

Voxtral's projector reads as many frames at once as fill the encoder's feed-forward width, and its class takes
defaults of its own for the language model. Neither class ties embeddings. Defined by Qwen2AudioConfig,
VoxtralConfig and their ForConditionalGeneration classes of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import width_of


def _linear(_root: Fields, text: Fields, tower: Fields) -> int:
    return projection(hidden_size(tower), hidden_size(text), bias=True)


def _stacked_frames(_root: Fields, text: Fields, tower: Fields) -> int:
    hidden = hidden_size(text)
    return projection(width_of(tower, "intermediate_size"), hidden) + projection(hidden, hidden)


QWEN2_AUDIO = Composite(
    model_types=("qwen2_audio",),
    class_names=("Qwen2AudioForConditionalGeneration",),
    language_model="qwen2",
    audio=(AttachedTower(tower="qwen2_audio_encoder", tower_field="audio_config", projector=_linear),),
    tying="never",
)
VOXTRAL = Composite(
    model_types=("voxtral",),
    class_names=("VoxtralForConditionalGeneration",),
    language_model="llama",
    text_defaults={
        "vocab_size": 131072,
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 30,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "head_dim": 128,
    },
    audio=(AttachedTower(tower="voxtral_encoder", tower_field="audio_config", projector=_stacked_frames),),
    tying="never",
)

COMPOSITES = (QWEN2_AUDIO, VOXTRAL)
