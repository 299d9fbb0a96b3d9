"""GLM-4.5."""

from hypothesis import strategies as st

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

BUILDS = {
    "glm4_moe": Builds(
        merged(
            head_shapes(),
            choices("n_routed_experts"),
            fields(
                {
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "num_hidden_layers": layer_counts,
                    "vocab_size": vocabularies,
                },
                {
                    "first_k_dense_replace": st.sampled_from([0, 2, 9]),
                    "n_shared_experts": st.sampled_from([0, 1, 2]),
                    "use_qk_norm": flags,
                    "attention_bias": flags,
                    "tie_word_embeddings": flags,
                    "num_nextn_predict_layers": st.sampled_from([0, 1]),
                },
            ),
        )
    )
}
