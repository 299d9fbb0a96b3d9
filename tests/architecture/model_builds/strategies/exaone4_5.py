"""EXAONE 4.5."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import text_model, voxel_tower

_EXAONE = text_model("exaone4").map(lambda drawn: {"sliding_window": 16, "sliding_window_pattern": 4, **drawn})

BUILDS = {
    "exaone4_5": Builds(
        fields(
            {
                "text_config": st.one_of(
                    _EXAONE,
                    _EXAONE.map(lambda drawn: {**drawn, "model_type": "exaone4_5_text"}),
                    text_model("llama"),
                ),
                "vision_config": voxel_tower("exaone4_5_vision", stated=False),
            },
            {"tie_word_embeddings": flags},
        )
    )
}
