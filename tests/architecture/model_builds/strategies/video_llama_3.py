"""VideoLLaMA 3."""

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_models, vision_tower

BUILDS = {
    "video_llama_3": Builds(
        fields(
            {
                "text_config": text_models("qwen2", "llama"),
                "vision_config": vision_tower("video_llama_3_vision", stated=False),
            },
            {"tie_word_embeddings": flags},
        ),
        ComponentNames(vision_tower=r"vision|projector"),
    )
}
