"""FlexOlmo."""

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
    "flex_olmo": Builds(
        merged(
            head_shapes(),
            choices(),
            fields(
                {
                    "intermediate_size": widths,
                    "num_hidden_layers": layer_counts,
                    "vocab_size": vocabularies,
                    # The class default lies outside small vocabularies.
                    "pad_token_id": st.none(),
                },
                {"tie_word_embeddings": flags, "attention_bias": flags},
            ),
        )
    )
}
