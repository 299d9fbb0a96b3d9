"""LFM2-MoE; the class cannot be built without a list of layers."""

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
    kinds = st.sampled_from(["conv", "full_attention"])
    return {"num_hidden_layers": layers, "layer_types": draw(per_layer(kinds, layers))}


BUILDS = {
    "lfm2_moe": Builds(
        merged(
            _layers(),
            head_shapes(),
            choices(),
            fields(
                {"intermediate_size": widths, "moe_intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "num_dense_layers": st.sampled_from([0, 1, 9]),
                    "conv_bias": flags,
                    "conv_L_cache": st.sampled_from([2, 4]),
                    "use_expert_bias": flags,
                    "tie_word_embeddings": flags,
                    "tie_embedding": flags,
                },
            ),
        ),
        # Which layers attend has no class default.
        default={"layer_types": ["conv", "full_attention"] * 16},
    )
}
