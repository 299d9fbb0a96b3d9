"""Kolibri 1."""

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
    "kolibri1": Builds(
        merged(
            layered({"layer_types": st.sampled_from(["full_attention", "sliding_attention"])}),
            head_shapes(),
            st.one_of(choices("num_experts"), choices("num_local_experts")),
            fields(
                {
                    "moe_intermediate_size": widths,
                    "shared_expert_intermediate_size": widths,
                    "vocab_size": vocabularies,
                },
                {"tie_word_embeddings": flags, "sliding_window": st.sampled_from([16, 64])},
            ),
        )
    )
}
