"""Nemotron."""

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

# The class cannot do without key/value heads, which are null by default.
BUILDS = {
    "nemotron": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "mlp_bias": flags,
                },
            ),
        ),
        default={"num_key_value_heads": 8},
    ),
}
