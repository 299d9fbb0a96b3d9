"""Qwen2.5-Omni's thinker."""

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, merged, widths
from tests.architecture.model_builds.parts import audio_encoder, text_model, voxel_tower, without

_TEXT = without(text_model("qwen2", stated=False), "vocab_size", "intermediate_size")
_AUDIO = merged(
    without(audio_encoder(), "num_mel_bins", "max_source_positions"), fields({}, {"output_dim": widths})
)

BUILDS = {
    "qwen2_5_omni_thinker": Builds(
        fields(
            {
                "text_config": _TEXT,
                "vision_config": without(
                    voxel_tower("qwen2_5_vl_vision", stated=False), "in_channels", "out_hidden_size"
                ),
                "audio_config": _AUDIO,
            },
            {"tie_word_embeddings": flags},
        ),
        ComponentNames(audio_tower=r"audio", vision_tower=r"visual"),
    )
}
