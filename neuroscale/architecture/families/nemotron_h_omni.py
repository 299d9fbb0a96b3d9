"""Nemotron 3 Omni: a Nemotron-H language model with C-RADIO's vision tower and, optionally, Parakeet's sound tower.

Published files name the parts `llm_config`, `sound_config` and `vit_hidden_size`. A language model with draft
layers brings a last norm to the vision tower. The sound tower has no biases in its attention and feed-forwards
unless the configuration says so. Defined by NemotronH_Omni_Reasoning_V3_Config and NemotronH_Omni_Reasoning_V3 of
transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.families.nemotron_h import NEMOTRON_H
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.tower import layer_norm, width_of
from neuroscale.architecture.towers.parakeet import PARAKEET
from neuroscale.architecture.towers.radio import RADIO

_ALIASES = {
    "text_config": ("llm_config",),
    "audio_config": ("sound_config",),
    "vision_hidden_size": ("vit_hidden_size",),
}
_ROOT_DEFAULTS = {
    "tie_word_embeddings": False,
    "downsample_ratio": 0.5,
    "projector_hidden_size": 4096,
    "vision_hidden_size": 1280,
    "video_temporal_patch_size": 2,
}
_LEAST_RATIO = 1e-3


def _text(root: Fields) -> Fields:
    text = root.nested("text_config", NEMOTRON_H.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    return text


def _projector(width: int, middle: int, output: int, *, bias: bool = False) -> int:
    return width + projection(width, middle, bias=bias) + projection(middle, output, bias=bias)


def _vision(root: Fields) -> int:
    known, text = root.with_defaults(_ROOT_DEFAULTS, _ALIASES), _text(root)
    frames = width_of(known, "video_temporal_patch_size")
    defaults = {**RADIO.defaults, "video_temporal_patch_size": frames}
    vision = root.nested("vision_config", defaults) or Fields({}, defaults, "vision_config")
    width = width_of(known, "vision_hidden_size")
    ratio = known.optional_number("downsample_ratio", minimum=_LEAST_RATIO, maximum=1.0) or 1.0
    has_last_norm = text.optional_integer("num_nextn_predict_layers", maximum=MAXIMUM_LAYERS)
    return (
        RADIO.parameters(vision)
        + (layer_norm(width) if has_last_norm else 0)
        + _projector(width * int(1 / ratio) ** 2, width_of(known, "projector_hidden_size"), hidden_size(text))
    )


def _audio(root: Fields) -> int:
    audio = root.nested("audio_config", {**PARAKEET.defaults, "attention_bias": False})
    if audio is None:
        return 0
    return PARAKEET.parameters(audio) + _projector(
        hidden_size(audio),
        width_of(audio, "projection_hidden_size"),
        hidden_size(_text(root)),
        bias=audio.flag("projection_bias"),
    )


NEMOTRON_H_OMNI = replace(
    NEMOTRON_H,
    model_types=("nemotron_h_omni",),
    class_names=(
        "NemotronH_Omni_Reasoning_V3",
        "NemotronH_Nano_Omni_Reasoning_V3",
        "NemotronH_Super_Omni_Reasoning_V3",
    ),
    text_field="text_config",
    aliases=_ALIASES,
    root_defaults=_ROOT_DEFAULTS,
    vision=_vision,
    audio=_audio,
)

FAMILIES = (NEMOTRON_H_OMNI,)
