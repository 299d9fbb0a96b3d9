"""Qwen2.5-Omni: the thinker, which is a Qwen2 language model with a vision and an audio tower.

The talker and its vocoder, which turn text into speech, are stored in the same checkpoint; engines that serve text
leave them out, and so do the counts. Defined by Qwen2_5OmniThinkerConfig, Qwen2_5OmniAudioEncoderConfig and
Qwen2_5OmniThinkerForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.families.qwen2 import QWEN2
from neuroscale.architecture.families.qwen2_vl import no_projector
from neuroscale.architecture.towers.qwen2_vl import QWEN2_5_VL_VISION
from neuroscale.architecture.towers.whisper import QWEN2_5_OMNI_AUDIO_ENCODER

QWEN2_5_OMNI_TEXT = replace(
    QWEN2,
    model_types=("qwen2_5_omni_text",),
    class_names=(),
    defaults={
        "vocab_size": 152064,
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "max_position_embeddings": 32768,
        "sliding_window": 32768,
        "max_window_layers": 28,
        "tie_word_embeddings": True,
    },
)
THINKER = Composite(
    model_types=("qwen2_5_omni_thinker",),
    class_names=("Qwen2_5OmniThinkerForConditionalGeneration",),
    language_model=QWEN2_5_OMNI_TEXT,
    vision=(AttachedTower(tower=QWEN2_5_VL_VISION, projector=no_projector),),
    audio=(
        AttachedTower(
            tower=QWEN2_5_OMNI_AUDIO_ENCODER,
            tower_field="audio_config",
            projector=no_projector,
        ),
    ),
    root_defaults={"tie_word_embeddings": False},
)
QWEN2_5_OMNI = replace(
    THINKER,
    model_types=("qwen2_5_omni",),
    class_names=("Qwen2_5OmniForConditionalGeneration", "Qwen2_5OmniModel"),
    part_field="thinker_config",
)

LANGUAGE_MODELS = (QWEN2_5_OMNI_TEXT,)
COMPOSITES = (THINKER, QWEN2_5_OMNI)
