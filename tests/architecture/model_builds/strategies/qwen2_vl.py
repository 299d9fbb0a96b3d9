"""Qwen2-VL and Qwen2.5-VL: the language model's fields in the root as published, or nested as re-saved."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, fields, flags, merged
from tests.architecture.model_builds.parts import text_model, voxel_tower, without


def _drawn(tower: str) -> st.SearchStrategy[Config]:
    text = without(text_model("qwen2", stated=False), "vocab_size", "intermediate_size")
    vision = fields({"vision_config": without(voxel_tower(tower), "in_channels", "model_type", "patch_size")})
    nested = fields({"text_config": text}, {"tie_word_embeddings": flags})
    return st.one_of(merged(text, vision), merged(nested, vision))


BUILDS = {
    "qwen2_vl": Builds(_drawn("qwen2_vl_vision")),
    "qwen2_5_vl": Builds(_drawn("qwen2_5_vl_vision")),
}
