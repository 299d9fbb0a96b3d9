"""Gemma 3 with images, and ShieldGemma 2."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_model, vision_towers

_TEXT = text_model("gemma3_text").flatmap(
    lambda drawn: st.sampled_from([drawn, {**drawn, "sliding_window_pattern": 2}])
)
_STRATEGY = fields(
    {"text_config": _TEXT, "vision_config": vision_towers("siglip_vision_model")}, {"tie_word_embeddings": flags}
)

BUILDS = {
    # A published file always has text_config, and one without is refused.
    "gemma3": Builds(_STRATEGY, default={"text_config": {}}),
    "shieldgemma2": Builds(
        fields({"text_config": text_model("gemma3_text"), "vision_config": vision_towers("siglip_vision_model")}),
        ComponentNames(output_head=r"lm_head"),
        class_names=("ShieldGemma2ForImageClassification",),
    ),
}
