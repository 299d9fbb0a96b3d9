"""Nemotron 3.5 Transcribe: Nemotron-H behind a speech encoder, a diarisation model and an encoder of word times."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, widths
from tests.architecture.model_builds.strategies.nemotron_h import NAMES, TEXT


@st.composite
def _encoders(draw: st.DrawFn, shared: Mapping[str, int]) -> Config:
    kv_heads = draw(st.sampled_from([1, 2]))
    heads = kv_heads * draw(st.sampled_from([1, 2]))
    optional: dict[str, st.SearchStrategy[Any]] = {"num_key_value_heads": st.sampled_from([None, kv_heads])}
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(st.integers(min_value=1, max_value=3)),
        **shared,
    } | draw(fields({}, optional))


@st.composite
def _wholes(draw: st.DrawFn) -> Config:
    factor = draw(st.sampled_from([4, 8]))
    bins = draw(st.sampled_from([16, 128]))
    drawn: Config = {"text_config": draw(TEXT)}
    speech = draw(_encoders({"subsampling_factor": factor, "num_mel_bins": bins}))
    heard = draw(_encoders({"subsampling_factor": factor, "num_mel_bins": bins}))
    speakers = draw(st.sampled_from([2, 8]))
    drawn["audio_config"] = {
        "asr_config": speech,
        "diarization_config": {
            "audio_config": heard,
            "head_config": {
                "hidden_size": draw(widths),
                "num_speakers": speakers,
                "audio_hidden_size": heard["hidden_size"],
                "subsampling_factor": factor,
            },
            "streaming_config": {"num_speakers": speakers, "subsampling_factor": factor},
        },
    }
    if draw(flags):
        words = draw(_encoders({}))
        words["vocab_size"] = draw(st.sampled_from([16, 50]))
        words["blank_token_id"] = words["vocab_size"] - 1
        words["upsampling_factor"] = draw(st.sampled_from([1, 2, 3]))
        # Both encoders must be equally wide.
        words["hidden_size"] = words["num_attention_heads"] * 8
        speech["hidden_size"] = words["hidden_size"]
        speech["num_attention_heads"] = words["num_attention_heads"]
        speech.pop("num_key_value_heads", None)
        drawn["word_timestamp_config"] = words
    return drawn


BUILDS = {
    "nemo_speechlm": Builds(
        _wholes(),
        ComponentNames(
            vision_tower="",
            audio_tower=r"audio_tower|multi_modal_projector|word_timestamp",
            router=NAMES.router,
        ),
        class_names=("Nemotron3_5TranscribeForConditionalGeneration",),
        default={"text_config": {"hybrid_override_pattern": "ME*-"}},
    )
}
