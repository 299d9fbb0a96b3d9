"""MiniCPM-V 4.6 and 4.7, and MiniCPM-OCR."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.parts import recurrent_text_model, text_model, vision_tower

_NAMES = ComponentNames(vision_tower=r"vision|\.merger\.")
_PARTS = {
    "text_config": st.one_of(recurrent_text_model(), text_model("llama"), text_model("qwen3_moe")),
    "vision_config": vision_tower("minicpmv_vision", stated=False),
}
_TIMES = {"merger_times": st.sampled_from([1, 2, 3])}
_BUILDS = Builds(fields(_PARTS, {"tie_word_embeddings": flags, **_TIMES}), _NAMES)

BUILDS = {
    "minicpmv4_6": _BUILDS,
    "minicpmv4_7": _BUILDS,
    # As for Mistral 3, the root's tie_word_embeddings is always stated.
    "minicpm_ocr": Builds(
        fields({**_PARTS, "tie_word_embeddings": flags}, _TIMES), _NAMES, default={"tie_word_embeddings": False}
    ),
}
