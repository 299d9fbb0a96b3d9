"""Command-A-Plus."""

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
    match draw(st.sampled_from(["lists", "first", "default"])):
        case "lists":
            kinds = st.sampled_from(["sliding_attention", "full_attention"])
            drawn["layer_types"] = draw(per_layer(kinds, layers))
            drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
        case "first":
            drawn["first_k_dense_replace"] = draw(st.integers(0, layers))
            if draw(flags):
                drawn["prefix_dense_sliding_window_pattern"] = draw(st.integers(1, 3))
            if draw(flags):
                drawn["sliding_window_pattern"] = draw(st.integers(1, 3))
    return drawn


BUILDS = {
    "cohere2_moe": Builds(
        merged(
            head_shapes(),
            _layers(),
            choices(),
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths},
                {
                    "num_shared_experts": st.integers(0, 3),
                    "prefix_dense_intermediate_size": st.none() | widths,
                    "rms_norm_eps": st.none() | st.just(1e-5),
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                },
            ),
        )
    )
}
