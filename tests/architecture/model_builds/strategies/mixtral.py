"""Mixtral, in the published and in the re-saved spelling of the experts."""

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
    "mixtral": Builds(
        merged(
            head_shapes(),
            st.one_of(choices("num_local_experts"), choices("num_experts")),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {"tie_word_embeddings": flags, "sliding_window": st.sampled_from([None, 32])},
            ),
        )
    )
}
