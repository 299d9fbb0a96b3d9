"""Apertus, also with activations that learn nothing."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, flags
from tests.architecture.model_builds.strategies.llama import ABSENT, STATED, decoders, shapes

BUILDS = {
    "apertus": Builds(
        decoders(
            shapes(head_width=(STATED, ABSENT)),
            optional={"attention_bias": flags, "hidden_act": st.sampled_from(["xielu", "silu"])},
        )
    )
}
