"""Phi, Persimmon and Phi-3."""

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
    "phi": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "num_key_value_heads": st.none(),
                    "qk_layernorm": flags,
                },
            ),
        )
    ),
    "persimmon": Builds(
        merged(
            head_shapes(head_dimension=False),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "qk_layernorm": flags,
                },
            ),
        )
    ),
    "phi3": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "num_key_value_heads": st.none(),
                    "sliding_window": st.sampled_from([None, 8, 64]),
                },
            ),
            st.just({"pad_token_id": None}),
        )
    ),
}
