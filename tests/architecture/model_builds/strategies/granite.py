"""Granite 3 and Granite with sliding windows."""

from tests.architecture.model_builds.drawing import Builds, layered
from tests.architecture.model_builds.strategies.llama import (
    ABSENT,
    BIASES,
    STATED,
    decoders,
    layer_types,
    shapes,
    windows,
)

_HEADS = (STATED, ABSENT)

BUILDS = {
    "granite": Builds(decoders(shapes(head_width=_HEADS), optional=BIASES)),
    "granite_swa": Builds(
        decoders(
            shapes(head_width=_HEADS, kv_heads_of_class=4),
            layered({"layer_types": layer_types}),
            optional={**BIASES, "sliding_window": windows},
        )
    ),
}
