"""RWKV."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, vocabularies, widths

BUILDS = {
    "rwkv": Builds(
        fields(
            {"hidden_size": widths, "num_hidden_layers": layer_counts, "vocab_size": vocabularies},
            {
                "attention_hidden_size": st.sampled_from([None, 8, 40]),
                "intermediate_size": st.sampled_from([None, 8, 40]),
                "context_length": st.sampled_from([16, 64]),
                "tie_word_embeddings": flags,
            },
        )
    )
}
