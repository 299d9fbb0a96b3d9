"""LFM2-VL."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, widths
from tests.architecture.model_builds.parts import text_models, vision_towers

BUILDS = {
    "lfm2_vl": Builds(
        fields(
            {
                "text_config": text_models("lfm2", "llama", "qwen2"),
                "vision_config": vision_towers("siglip2_vision_model", "siglip_vision_model"),
                "tie_word_embeddings": flags,
            },
            {
                "tie_embedding": flags,
                "projector_hidden_size": widths,
                "projector_bias": flags,
                "projector_use_layernorm": flags,
                "downsample_factor": st.sampled_from([1, 2]),
            },
        )
    )
}
