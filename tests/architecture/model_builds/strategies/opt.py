"""OPT."""

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

BUILDS = {
    "opt": Builds(
        merged(
            head_shapes(head_dimension=False),
            fields(
                {"ffn_dim": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "word_embed_proj_dim": st.sampled_from([None, 8, 16, 24]),
                    "max_position_embeddings": st.sampled_from([16, 64]),
                    "do_layer_norm_before": flags,
                    "_remove_final_layer_norm": flags,
                    "enable_bias": flags,
                    "layer_norm_elementwise_affine": flags,
                },
            ),
        )
    )
}
