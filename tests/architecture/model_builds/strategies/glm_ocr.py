"""GLM-OCR."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, merged
from tests.architecture.model_builds.parts import text_model, voxel_tower, without

_TEXT = merged(
    without(text_model("qwen2", stated=False), "vocab_size"), fields({}, {"head_dim": st.sampled_from([4, 8])})
)

BUILDS = {
    "glm_ocr": Builds(
        fields(
            {
                "text_config": _TEXT,
                "vision_config": without(
                    voxel_tower("glm_ocr_vision", stated=False), "in_channels", "attention_bias", "patch_size"
                ),
            },
            {"tie_word_embeddings": flags},
        )
    )
}
