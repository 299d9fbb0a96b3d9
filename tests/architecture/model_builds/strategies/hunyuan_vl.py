"""Hunyuan vision-language models: the language model's fields in the root, or nested."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, merged
from tests.architecture.model_builds.parts import text_model, vision_tower, without

_TEXT = merged(
    without(text_model("mistral", stated=False), "intermediate_size", "vocab_size"),
    fields({"head_dim": st.sampled_from([4, 8])}, {"attention_bias": flags}),
)
_VISION = fields({"vision_config": vision_tower("hunyuan_vl_vision", stated=False)})
# The class hears a root that unties only through text_config.
_FLAT = merged(_TEXT, _VISION).map(
    lambda drawn: {name: value for name, value in drawn.items() if name != "tie_word_embeddings"}
)
_NESTED = merged(fields({"text_config": _TEXT}, {"tie_word_embeddings": flags}), _VISION)

# The class cannot be built at its defaults: it computes with a head_dim of null.
BUILDS = {"hunyuan_vl": Builds(st.one_of(_FLAT, _NESTED), default=None)}
