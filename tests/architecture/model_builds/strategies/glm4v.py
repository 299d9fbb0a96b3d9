"""GLM-4.1V and GLM-4.6V."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, fields, flags
from tests.architecture.model_builds.parts import text_model, voxel_tower, without


def _drawn(text: st.SearchStrategy[Config], stated: bool) -> Builds:
    tower = without(voxel_tower("glm4v_vision", stated=stated), "in_channels", "attention_bias")
    return Builds(fields({"text_config": text, "vision_config": tower}, {"tie_word_embeddings": flags}))


_TEXT = text_model("qwen2", stated=False).map(lambda drawn: {**drawn, "model_type": "glm4v_text"})

BUILDS = {
    "glm4v": _drawn(without(_TEXT, "model_type"), stated=False),
    "glm46v": _drawn(st.one_of(without(_TEXT, "model_type"), text_model("llama")), stated=True),
}
