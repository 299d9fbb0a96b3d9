"""AFMoE."""

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
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers, "num_dense_layers": draw(st.integers(0, layers))}
    if draw(flags):
        drawn["layer_types"] = draw(per_layer(st.sampled_from(["sliding_attention", "full_attention"]), layers))
    elif draw(flags):
        drawn["global_attn_every_n_layers"] = draw(st.integers(1, 4))
    return drawn


BUILDS = {
    "afmoe": Builds(
        merged(
            head_shapes(),
            _layers(),
            choices(),
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
                {"num_shared_experts": st.integers(0, 3), "tie_word_embeddings": flags, "attention_bias": flags},
            ),
        ),
        ComponentNames(router=r"\.router\.|\.expert_bias$"),
    )
}
