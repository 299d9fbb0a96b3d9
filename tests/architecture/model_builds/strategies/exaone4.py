"""EXAONE 4: layers stated, or as a period, which may be a text beside them."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, layered, per_layer
from tests.architecture.model_builds.strategies.llama import (
    ABSENT,
    STATED,
    decoders,
    layer_types,
    shapes,
    windows,
)

_HEADS = shapes(head_width=(STATED, ABSENT), kv=(STATED, ABSENT), kv_heads_of_class=32)

BUILDS = {
    "exaone4": Builds(
        st.one_of(
            decoders(
                _HEADS, optional={"sliding_window": windows, "sliding_window_pattern": st.sampled_from([2, 3])}
            ),
            decoders(
                _HEADS,
                layered({"layer_types": layer_types}),
                optional={"sliding_window": windows},
            ),
            decoders(
                _HEADS,
                fields({"num_hidden_layers": st.just(2), "layer_types": per_layer(layer_types, 2)}),
                optional={"sliding_window": st.none()},
            ),
        )
    )
}
