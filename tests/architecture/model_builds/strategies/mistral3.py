"""Mistral 3 and LightOnOCR."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_models, vision_towers

# A file that leaves out the root's tie_word_embeddings means what its language model says, as in the published
# checkpoints; the class of the library would tie. So the root's field is always stated here.
BUILDS = {
    "mistral3": Builds(
        fields(
            {
                "text_config": text_models("mistral", "llama", "qwen3_moe"),
                "vision_config": vision_towers("pixtral", "siglip_vision_model"),
                "tie_word_embeddings": flags,
            },
            {
                "multimodal_projector_bias": flags,
                "spatial_merge_size": st.sampled_from([1, 2, 3]),
            },
        ),
        default={"tie_word_embeddings": False},
    ),
    "lighton_ocr": Builds(
        fields(
            {
                "text_config": text_models("qwen3", "llama", "qwen3_moe"),
                "vision_config": vision_towers("pixtral"),
                "tie_word_embeddings": flags,
            },
            {"spatial_merge_size": st.sampled_from([1, 2, 3])},
        ),
        default={"tie_word_embeddings": False},
    ),
}
