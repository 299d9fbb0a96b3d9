"""Nemotron 3.5 Transcribe: a Nemotron-H language model that hears through a speech encoder and knows the speakers.

The encoder's output and what a diarisation model tells of the speakers are added; a further encoder finds the times
of words. All of these are counted as the audio tower. Defined by Nemotron3_5TranscribeConfig,
Nemotron3DiarizationConfig and Nemotron3_5TranscribeForConditionalGeneration of transformers.
"""

from collections.abc import Mapping
from dataclasses import replace

from neuroscale.architecture.blocks import head_dimension, hidden_size, key_value_heads, projection, query_heads
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.families.nemotron_h import NEMOTRON_H
from neuroscale.architecture.fields import MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import feed_forward_weights, layer_norm, width_of

_STACKED_FRAMES = {"num_mel_bins": 128, "subsampling_factor": 8}
_SPEECH_DEFAULTS = {
    **_STACKED_FRAMES,
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 10,
}
_DIARISATION_DEFAULTS = {
    **_STACKED_FRAMES,
    "hidden_size": 512,
    "intermediate_size": 2048,
    "num_hidden_layers": 31,
    "num_attention_heads": 8,
}
_SPEAKER_DEFAULTS = {"hidden_size": 192, "num_speakers": 8, "audio_hidden_size": 512, "subsampling_factor": 8}
_WORD_TIME_DEFAULTS = {
    "hidden_size": 1280,
    "intermediate_size": 640,
    "num_hidden_layers": 2,
    "num_attention_heads": 16,
    "vocab_size": 23863,
    "upsampling_factor": 2,
}
_CONVOLUTION = 3


def _part(fields: Fields, name: str, defaults: Mapping[str, object]) -> Fields:
    return fields.nested(name, defaults) or Fields({}, defaults, fields.path(name))


def _layers(fields: Fields, *, head_norms: bool) -> int:
    """Return the layers of an encoder and the norms before and behind them."""
    width, heads, head = hidden_size(fields), query_heads(fields), head_dimension(fields)
    layer = (
        projection(width, (2 * heads + key_value_heads(fields)) * head)
        + projection(heads * head, width, bias=True)
        + (2 * layer_norm(head) if head_norms else 0)
        + feed_forward_weights(width, width_of(fields, "intermediate_size"))
        + 2 * layer_norm(width)
    )
    return layer_count(fields) * layer + 2 * layer_norm(width)


def _stacked_frames(fields: Fields) -> int:
    frames = width_of(fields, "subsampling_factor") * width_of(fields, "num_mel_bins")
    return projection(frames, hidden_size(fields))


def _diarisation(fields: Fields, head: Fields) -> int:
    """Return the encoder, a convolution that restores the frame rate, the classifier and a vector of silence."""
    encoder = _part(fields, "audio_config", _DIARISATION_DEFAULTS)
    width = hidden_size(head)
    upsampled = width * width_of(head, "subsampling_factor")
    return (
        _stacked_frames(encoder)
        + _layers(encoder, head_norms=False)
        + projection(width_of(head, "audio_hidden_size"), width, bias=True)
        + projection(_CONVOLUTION * width, upsampled, bias=True)
        + projection(width, width, bias=True)
        + projection(width, width_of(head, "num_speakers"), bias=True)
        + hidden_size(encoder)
    )


def _word_times(fields: Fields) -> int:
    width = hidden_size(fields)
    return (
        projection(width * width_of(fields, "upsampling_factor"), width)
        + width
        + _layers(fields, head_norms=True)
        + projection(width, fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY), bias=True)
    )


def _audio(root: Fields) -> int:
    text = root.nested("text_config", NEMOTRON_H.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    audio = _part(root, "audio_config", {})
    speech = _part(audio, "asr_config", _SPEECH_DEFAULTS)
    diarisation = _part(audio, "diarization_config", {})
    speakers = _part(diarisation, "head_config", _SPEAKER_DEFAULTS)
    return (
        _stacked_frames(speech)
        + _layers(speech, head_norms=True)
        + _diarisation(diarisation, speakers)
        + layer_norm(hidden_size(speech))
        + layer_norm(width_of(speakers, "num_speakers"))
        + projection(hidden_size(speech), hidden_size(text), bias=True)
        + _word_times(_part(root, "word_timestamp_config", _WORD_TIME_DEFAULTS))
    )


NEMO_SPEECHLM = replace(
    NEMOTRON_H,
    model_types=("nemo_speechlm",),
    class_names=("Nemotron3_5TranscribeForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    audio=_audio,
)

FAMILIES = (NEMO_SPEECHLM,)
