"""Command R and its second generation."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, flags, layered
from tests.architecture.model_builds.strategies.llama import (
    ABSENT,
    NULL,
    STATED,
    decoders,
    layer_types,
    shapes,
    windows,
)

BUILDS = {
    "cohere": Builds(
        decoders(
            shapes(head_width=(STATED, ABSENT), kv=(STATED, NULL, ABSENT)),
            optional={"attention_bias": flags, "use_qk_norm": flags},
        )
    ),
    "cohere2": Builds(
        decoders(
            shapes(head_width=(STATED, ABSENT)),
            layered({"layer_types": layer_types}),
            optional={
                "attention_bias": flags,
                "sliding_window": windows,
                "sliding_window_pattern": st.sampled_from([2, 4]),
            },
        )
    ),
}
