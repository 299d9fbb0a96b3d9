"""Llama 3.2 Vision."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, merged
from tests.architecture.model_builds.parts import text_model, vision_tower

_TEXT = merged(
    text_model("mllama_text_model"),
    fields(
        {"pad_token_id": st.just(0)},
        {"cross_attention_layers": st.sets(st.integers(min_value=0, max_value=5)).map(sorted)},
    ),
).map(lambda drawn: {name: value for name, value in drawn.items() if name != "head_dim"})

BUILDS = {
    "mllama": Builds(
        fields(
            {"text_config": _TEXT, "vision_config": vision_tower("mllama_vision_model")},
            {"tie_word_embeddings": flags},
        ),
        class_names=("MllamaForConditionalGeneration",),
    )
}
