"""VaultGemma."""

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
    "vaultgemma": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "sliding_window": st.sampled_from([8, 64]),
                },
            ),
        )
    ),
}
