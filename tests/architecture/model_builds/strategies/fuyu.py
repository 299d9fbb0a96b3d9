"""Fuyu: the language model's fields in the root or nested."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, merged
from tests.architecture.model_builds.parts import text_model

_IMAGE = fields(
    {},
    {"patch_size": st.sampled_from([2, 4]), "num_channels": st.sampled_from([1, 3]), "tie_word_embeddings": flags},
)
_PERSIMMON = merged(text_model("persimmon"), fields({}, {"qk_layernorm": flags}))
_LLAMA = text_model("llama")
_FLAT = text_model("persimmon", stated=False).map(
    lambda drawn: {name: value for name, value in drawn.items() if name != "num_key_value_heads"}
)

BUILDS = {
    "fuyu": Builds(
        st.one_of(
            merged(fields({"text_config": st.one_of(_PERSIMMON, _LLAMA)}), _IMAGE),
            merged(_FLAT, _IMAGE),
        )
    )
}
