"""Qwen2-Audio and Voxtral."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields
from tests.architecture.model_builds.parts import audio_encoder, text_models, without

_NAMES = ComponentNames(audio_tower=r"audio|multi_modal_projector")


def _respelt(config: Config) -> Config:
    """Return an encoder's fields in the spelling of Voxtral."""
    names = {
        "d_model": "hidden_size",
        "encoder_attention_heads": "num_attention_heads",
        "encoder_ffn_dim": "intermediate_size",
        "encoder_layers": "num_hidden_layers",
    }
    return {names.get(name, name): value for name, value in config.items()}


_SMALL_ENCODER = without(audio_encoder(), "num_mel_bins", "max_source_positions")
_SMALL_LLAMA = text_models("llama", "mistral")
# The defaults that Voxtral puts before those of its language model come to bear where a field is missing.
_VOXTRAL_TEXT = st.one_of(
    _SMALL_LLAMA, without(text_models("llama"), "vocab_size", "intermediate_size", "head_dim")
)

BUILDS = {
    "qwen2_audio": Builds(
        fields({"text_config": text_models("qwen2", "llama", "qwen3_moe"), "audio_config": _SMALL_ENCODER}), _NAMES
    ),
    "voxtral": Builds(
        fields({"text_config": _VOXTRAL_TEXT, "audio_config": _SMALL_ENCODER.map(_respelt)}),
        _NAMES,
    ),
}
