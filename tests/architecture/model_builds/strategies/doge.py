"""Doge, dense and with experts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

_SHAPES = merged(
    head_shapes(),
    fields(
        {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
        {
            "tie_word_embeddings": flags,
            "attention_bias": flags,
            "mlp_bias": flags,
            "sliding_window": st.none() | st.just(64),
        },
    ),
)
_DENSE = merged(_SHAPES, fields({}, {"is_moe": st.just(False), "num_experts": st.integers(2, 40)}))
_MIXTURE = merged(_SHAPES, choices(), fields({"is_moe": st.just(True), "num_experts": st.integers(8, 40)}))

BUILDS = {
    "doge": Builds(
        _DENSE | _MIXTURE,
        ComponentNames(routed_experts=r"\.(down|up)_embed\.", router=r"\.router_gate\."),
    )
}
