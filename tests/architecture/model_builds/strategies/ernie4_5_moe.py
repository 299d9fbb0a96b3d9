"""ERNIE 4.5."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers}
    if draw(flags):
        drawn["moe_layer_start_index"] = draw(st.integers(0, layers))
    if draw(flags):
        drawn["moe_layer_end_index"] = draw(st.integers(-1, layers))
    if draw(flags):
        drawn["moe_layer_interval"] = draw(st.integers(1, 3))
    return drawn


BUILDS = {
    "ernie4_5_moe": Builds(
        merged(
            head_shapes(),
            _layers(),
            choices("moe_num_experts", "moe_k"),
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
                {"moe_num_shared_experts": st.integers(0, 3), "tie_word_embeddings": flags, "use_bias": flags},
            ),
        ),
        ComponentNames(router=r"\.gate\."),
    )
}
