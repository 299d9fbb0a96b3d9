"""OLMo, OLMo 2 and OLMo 3."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

_SIZES = {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies}

BUILDS = {
    "olmo": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "num_key_value_heads": st.none(),
                },
            ),
        )
    ),
    "olmo2": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "num_key_value_heads": st.none(),
                },
            ),
        )
    ),
    "olmo3": Builds(
        merged(
            head_shapes(),
            fields(
                {**_SIZES, "num_hidden_layers": st.integers(1, 9)},
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "num_key_value_heads": st.none(),
                    "sliding_window": st.sampled_from([8, 64]),
                },
            ),
        )
    ),
}
