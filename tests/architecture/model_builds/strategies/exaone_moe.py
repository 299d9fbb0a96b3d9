"""K-EXAONE."""

from hypothesis import strategies as st

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
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["list", "first", "default"])):
        case "list":
            drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
        case "first":
            drawn["first_k_dense_replace"] = draw(st.integers(0, layers))
    match draw(st.sampled_from(["list", "period", "default"])):
        case "list":
            kinds = st.sampled_from(["sliding_attention", "full_attention"])
            drawn["layer_types"] = draw(per_layer(kinds, layers))
            drawn["sliding_window"] = draw(st.sampled_from([16, 128]))
        case "period":
            drawn["sliding_window_pattern"] = draw(st.integers(1, 4))
    return drawn


BUILDS = {
    "exaone_moe": Builds(
        merged(
            head_shapes(),
            _layers(),
            choices(),
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
                {"num_shared_experts": st.integers(1, 3), "tie_word_embeddings": flags},
            ),
        )
    )
}
