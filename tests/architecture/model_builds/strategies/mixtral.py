"""Mixtral."""

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
            choices("num_local_experts"),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {"tie_word_embeddings": flags},
            ),
        )
    )
}
