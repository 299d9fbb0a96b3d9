"""Cohere Compass, its language model alone and behind its tower."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, layered
from tests.architecture.model_builds.strategies.llama import ABSENT, decoders, layer_types, shapes, windows
from tests.architecture.model_builds.strategies.qwen3_vl import vision_towers

# The class has no rotation of its own for the kinds of layers that it takes by default.
_ROTATION = {"rope_type": "default", "rope_theta": 10000.0}
_STATED: Config = {"rope_parameters": {"full_attention": _ROTATION, "sliding_attention": _ROTATION}}
_TEXT = decoders(
    shapes(head_width=(ABSENT,)),
    layered({"layer_types": layer_types}),
    st.just(_STATED),
    optional={"attention_bias": flags, "sliding_window": windows},
)

BUILDS = {
    "cohere_compass_text": Builds(_TEXT, default=_STATED),
    "cohere_compass": Builds(
        fields({"text_config": _TEXT, "vision_config": vision_towers()}, {"tie_word_embeddings": st.booleans()}),
        default={"text_config": _STATED},
    ),
}
