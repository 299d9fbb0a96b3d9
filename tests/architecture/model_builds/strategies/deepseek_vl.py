"""DeepSeek-VL, with one tower and with two."""

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_models, vision_tower, vision_towers

_NAMES = ComponentNames(vision_tower=r"vision|aligner")
# As for Mistral 3, the root's tie_word_embeddings is always stated.
_COMMON = {"text_config": text_models("llama", "qwen2"), "tie_word_embeddings": flags}
_UNTIED = {"tie_word_embeddings": False}

BUILDS = {
    "deepseek_vl": Builds(
        fields({**_COMMON, "vision_config": vision_towers("siglip_vision_model", "clip_vision_model")}),
        _NAMES,
        default=_UNTIED,
    ),
    "deepseek_vl_hybrid": Builds(
        fields(
            {
                **_COMMON,
                "vision_config": vision_towers("siglip_vision_model", "clip_vision_model"),
                "high_res_vision_config": vision_tower("sam_vision_model"),
            }
        ),
        _NAMES,
        default=_UNTIED,
    ),
}
