"""ModernBERT decoder."""

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
    "modernbert-decoder": Builds(
        merged(
            head_shapes(head_dimension=False),
            fields(
                {"intermediate_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
                {
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "mlp_bias": flags,
                    "norm_bias": flags,
                    "decoder_bias": flags,
                    "classifier_bias": flags,
                    "local_attention": st.sampled_from([16, 64]),
                    "global_attn_every_n_layers": st.integers(1, 4),
                },
            ),
            st.just({"pad_token_id": 0}),
        )
    )
}
