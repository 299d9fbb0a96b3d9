"""ZAYA: convolutions before attention, and a router of several layers."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    fields,
    flags,
    head_shapes,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(min_value=1, max_value=5))
    drawn: Config = {"num_hidden_layers": layers, "sliding_window": 32}
    if draw(flags):
        drawn["layer_types"] = draw(per_layer(st.sampled_from(["hybrid", "hybrid_sliding"]), layers))
    return drawn


BUILDS = {
    "zaya": Builds(
        merged(
            head_shapes(),
            _layers(),
            fields(
                {
                    "num_experts": st.integers(min_value=2, max_value=8),
                    "moe_intermediate_size": widths,
                    "vocab_size": vocabularies,
                    "head_dim": st.sampled_from([4, 8]),
                },
                {
                    "num_experts_per_tok": st.just(1),
                    "router_hidden_size": widths,
                    "cca_time0": st.integers(min_value=1, max_value=4),
                    "cca_time1": st.integers(min_value=1, max_value=4),
                    "attention_bias": flags,
                    "lm_head_bias": flags,
                    "tie_word_embeddings": flags,
                },
            ),
        ),
        ComponentNames(router=r"\.mlp\.gate\."),
    )
}
