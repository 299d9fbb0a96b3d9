"""MiniCPM-V 4.6 and 4.7."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import recurrent_text_model, text_model, vision_tower

_BUILDS = Builds(
    fields(
        {
            "text_config": st.one_of(recurrent_text_model(), text_model("llama"), text_model("qwen3_moe")),
            "vision_config": vision_tower("minicpmv_vision", stated=False),
        },
        {"tie_word_embeddings": flags, "merger_times": st.sampled_from([1, 2, 3])},
    ),
    ComponentNames(vision_tower=r"vision|\.merger\."),
)

BUILDS = {"minicpmv4_6": _BUILDS, "minicpmv4_7": _BUILDS}
