"""Llama."""

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

BUILDS = {
    "llama": Builds(
        merged(
            head_shapes(),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {"tie_word_embeddings": flags, "attention_bias": flags, "mlp_bias": flags},
            ),
        )
    )
}
