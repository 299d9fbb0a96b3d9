"""Idefics 2, Idefics 3 and SmolVLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts
from tests.architecture.model_builds.parts import text_models, vision_tower

_NAMES = ComponentNames(vision_tower=r"vision|connector")
_PERCEIVER = fields(
    {"resampler_n_heads": st.sampled_from([2, 4]), "num_key_value_heads": st.sampled_from([1, 2])},
    {
        "resampler_n_latents": st.sampled_from([2, 4]),
        "resampler_depth": layer_counts,
        "resampler_head_dim": st.sampled_from([4, 8]),
        "model_type": st.just("idefics2"),
    },
)

BUILDS = {
    "idefics2": Builds(
        fields(
            {
                "text_config": text_models("mistral", "llama", "qwen2"),
                "vision_config": vision_tower("idefics2_vision"),
                "perceiver_config": _PERCEIVER,
            },
            {"tie_word_embeddings": flags},
        ),
        _NAMES,
    ),
    **{
        model_type: Builds(
            fields(
                {"text_config": text_models("llama", "mistral", "qwen2"), "vision_config": vision_tower(tower)},
                {"tie_word_embeddings": flags, "scale_factor": st.sampled_from([1, 2, 4])},
            ),
            _NAMES,
        )
        for model_type, tower in (("idefics3", "idefics3"), ("smolvlm", "smolvlm_vision"))
    },
}
