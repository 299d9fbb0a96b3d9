"""Qwen3-ASR and GLM-ASR: an audio encoder, a projector of two linear layers, and a language model of any family.

Qwen3-ASR projects to a width that the encoder's configuration states; GLM-ASR reads as many frames at once as fill
the encoder's feed-forward width, and its class takes defaults of its own for the language model. Defined by
Qwen3ASRConfig, GlmAsrConfig and their ForConditionalGeneration classes of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.tower import width_of


def _to_stated_width(_root: Fields, _text: Fields, tower: Fields) -> int:
    width = hidden_size(tower)
    return projection(width, width, bias=True) + projection(width, width_of(tower, "output_dim"), bias=True)


def _stacked_frames(_root: Fields, text: Fields, tower: Fields) -> int:
    hidden = hidden_size(text)
    return projection(width_of(tower, "intermediate_size"), 2 * hidden, bias=True) + projection(
        2 * hidden, hidden, bias=True
    )


QWEN3_ASR = Composite(
    model_types=("qwen3_asr",),
    class_names=("Qwen3ASRForConditionalGeneration",),
    language_model="qwen3",
    text_when_absent={
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 65536,
        "tie_word_embeddings": True,
    },
    audio=(AttachedTower(tower="qwen3_asr_encoder", tower_field="audio_config", projector=_to_stated_width),),
    root_defaults={"tie_word_embeddings": True},
    tying="root else text",
)
GLM_ASR = Composite(
    model_types=("glmasr",),
    class_names=("GlmAsrForConditionalGeneration",),
    language_model="llama",
    text_defaults={
        "vocab_size": 59264,
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 4,
        "max_position_embeddings": 8192,
    },
    audio=(AttachedTower(tower="glmasr_encoder", tower_field="audio_config", projector=_stacked_frames),),
    root_defaults={"tie_word_embeddings": True},
    tying="root else text",
)

COMPOSITES = (QWEN3_ASR, GLM_ASR)
