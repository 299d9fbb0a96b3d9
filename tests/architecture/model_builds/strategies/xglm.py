"""XGLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, vocabularies, widths

BUILDS = {
    "xglm": Builds(
        fields(
            {
                "d_model": st.sampled_from([16, 32, 48]),
                "attention_heads": st.sampled_from([1, 2, 4]),
                "num_layers": layer_counts,
                "ffn_dim": widths,
                "vocab_size": vocabularies,
            },
            {"tie_word_embeddings": flags, "max_position_embeddings": st.sampled_from([16, 64])},
        )
    )
}
