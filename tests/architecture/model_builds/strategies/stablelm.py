"""StableLM."""

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
    "stablelm": Builds(
        merged(
            head_shapes(),
            fields(
                _SIZES,
                {
                    "tie_word_embeddings": flags,
                    "use_qkv_bias": flags,
                    "qk_layernorm": flags,
                    "use_parallel_residual": flags,
                },
            ),
        )
    ),
}
