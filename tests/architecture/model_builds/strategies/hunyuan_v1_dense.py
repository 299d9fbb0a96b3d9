"""Hunyuan dense."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, flags
from tests.architecture.model_builds.strategies.llama import ABSENT, NULL, STATED, decoders, shapes

BUILDS = {
    "hunyuan_v1_dense": Builds(
        decoders(
            shapes(head_width=(STATED,), kv=(STATED, NULL, ABSENT)),
            optional={"attention_bias": flags, "use_qk_norm": st.just(True)},
        ),
        # The class computes with the width of a head, which its own configuration leaves null.
        default={"head_dim": 128},
    )
}
