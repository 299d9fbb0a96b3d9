"""CWM."""

from tests.architecture.model_builds.drawing import Builds, flags, layered
from tests.architecture.model_builds.strategies.llama import (
    ABSENT,
    STATED,
    decoders,
    layer_types,
    shapes,
    windows,
)

BUILDS = {
    "cwm": Builds(
        decoders(
            shapes(head_width=(STATED, ABSENT), kv=(STATED, ABSENT), kv_heads_of_class=8),
            layered({"layer_types": layer_types}),
            optional={"mlp_bias": flags, "sliding_window": windows},
        )
    )
}
