"""PaliGemma, with a Gemma or Gemma 2 language model."""

from tests.architecture.model_builds.drawing import Builds, fields, flags, widths
from tests.architecture.model_builds.parts import text_models, vision_towers

BUILDS = {
    "paligemma": Builds(
        fields(
            {
                "text_config": text_models("gemma", "gemma2"),
                "vision_config": vision_towers("siglip_vision_model"),
                "tie_word_embeddings": flags,
            },
            {"projection_dim": widths},
        )
    )
}
