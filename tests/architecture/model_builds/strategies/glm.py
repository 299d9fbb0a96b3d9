"""GLM-4 dense, both releases."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags
from tests.architecture.model_builds.strategies.llama import ABSENT, STATED, decoders, shapes

_GLM = decoders(
    shapes(head_width=(STATED, ABSENT), kv=(STATED, ABSENT), kv_heads_of_class=2),
    # The padding token of the class lies beyond a small vocabulary.
    fields({"pad_token_id": st.just(0)}),
    optional={"attention_bias": flags},
)

BUILDS = {"glm": Builds(_GLM), "glm4": Builds(_GLM)}
