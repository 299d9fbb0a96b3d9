"""InternVL and Qianfan-OCR."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_models, vision_tower

# As for Mistral 3, the root's tie_word_embeddings is always stated.
BUILDS = {
    "internvl": Builds(
        fields(
            {
                "text_config": text_models("qwen2", "llama", "qwen3_moe", "gpt_oss"),
                "vision_config": vision_tower("internvl_vision"),
                "tie_word_embeddings": flags,
            },
            {"downsample_ratio": st.sampled_from([1.0, 0.5, 0.25, 0.3])},
        ),
        default={"tie_word_embeddings": False},
    ),
    "qianfan_ocr": Builds(
        fields(
            {
                "text_config": text_models("qwen3", "llama"),
                "vision_config": vision_tower("qianfan_ocr_vision", stated=False),
            },
            {"downsample_ratio": st.sampled_from([1.0, 0.5, 0.25]), "tie_word_embeddings": flags},
        )
    ),
}
