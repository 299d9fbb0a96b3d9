"""PaddleOCR-VL: the language model's fields in the root as published, or nested as re-saved."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags, merged
from tests.architecture.model_builds.parts import text_model, vision_tower, without

_TEXT = merged(
    without(text_model("llama", stated=False), "intermediate_size", "vocab_size", "head_dim"),
    fields({}, {"use_bias": flags}),
)
_VISION = fields(
    {"vision_config": without(vision_tower("paddleocr_vl_vision"), "spatial_merge_size", "patch_size")}
)
# The class hears a root that unties only through text_config.
_FLAT = merged(without(_TEXT, "tie_word_embeddings"), _VISION).map(
    lambda drawn: {name: value for name, value in drawn.items() if name != "tie_word_embeddings"}
)
_NESTED = merged(fields({"text_config": _TEXT}, {"tie_word_embeddings": flags}), _VISION)

BUILDS = {
    "paddleocr_vl": Builds(st.one_of(_FLAT, _NESTED), ComponentNames(vision_tower=r"visual|projector")),
}
