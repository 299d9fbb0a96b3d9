"""Gemma and Gemma 2."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, flags, layered
from tests.architecture.model_builds.strategies.llama import (
    ABSENT,
    STATED,
    decoders,
    layer_types,
    shapes,
    windows,
)

_HEADS = (STATED, ABSENT)
_KV_HEADS = (STATED, ABSENT)

BUILDS = {
    "gemma": Builds(
        decoders(
            shapes(head_width=_HEADS, kv=_KV_HEADS, kv_heads_of_class=16),
            optional={"attention_bias": flags},
        )
    ),
    "gemma2": Builds(
        decoders(
            shapes(head_width=_HEADS, kv=_KV_HEADS, kv_heads_of_class=4),
            layered({"layer_types": layer_types}),
            optional={"attention_bias": flags, "sliding_window": windows},
        )
    ),
    "gemma3_text": Builds(
        decoders(
            shapes(head_width=_HEADS, kv=_KV_HEADS, kv_heads_of_class=4),
            layered({"layer_types": layer_types}),
            optional={
                "attention_bias": flags,
                "sliding_window": windows,
                "sliding_window_pattern": st.sampled_from([2, 6]),
            },
        )
    ),
}
