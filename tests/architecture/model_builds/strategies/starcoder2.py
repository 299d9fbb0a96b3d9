"""StarCoder2."""

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
    "starcoder2": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "sliding_window": st.sampled_from([None, 8, 64]),
                    "use_bias": flags,
                },
            ),
        )
    ),
}
