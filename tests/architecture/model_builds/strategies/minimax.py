"""MiniMax-Text-01."""

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
    "minimax": Builds(
        merged(
            layered({"layer_types": st.sampled_from(["full_attention", "linear_attention"])}),
            head_shapes(),
            st.one_of(choices("num_local_experts"), choices("num_experts")),
            fields(
                {"intermediate_size": widths, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "head_dim": st.none(),
                },
            ),
        )
    )
}
