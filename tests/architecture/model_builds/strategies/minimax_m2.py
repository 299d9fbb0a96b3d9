"""MiniMax-M2; switches of published files change nothing in the class."""

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
    "minimax_m2": Builds(
        merged(
            head_shapes(),
            st.one_of(choices("num_local_experts"), choices("num_experts")),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "use_qk_norm": st.just(True),
                    "qk_norm_type": st.just("per_layer"),
                    "use_mtp": flags,
                    "num_mtp_modules": st.just(3),
                    "shared_intermediate_size": st.just(0),
                },
            ),
        )
    )
}
