"""Mellum, in the published and in the re-saved spelling of the experts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    head_shapes,
    layered,
    merged,
    vocabularies,
    widths,
)

BUILDS = {
    "mellum": Builds(
        merged(
            layered(
                {
                    "layer_types": st.sampled_from(["full_attention", "sliding_attention"]),
                    "mlp_layer_types": st.sampled_from(["dense", "sparse"]),
                }
            ),
            head_shapes(),
            st.one_of(choices("num_experts"), choices("num_local_experts")),
            fields(
                {"intermediate_size": widths, "moe_intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "sliding_window": st.sampled_from([16, 64]),
                    # The class builds no draft layer, whatever the file says.
                    "num_nextn_predict_layers": st.just(1),
                },
            ),
        )
    )
}
