"""MPT."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, vocabularies

BUILDS = {
    "mpt": Builds(
        fields(
            {
                "d_model": st.sampled_from([16, 32, 48]),
                "n_heads": st.sampled_from([1, 2, 4]),
                "n_layers": layer_counts,
                "vocab_size": vocabularies,
            },
            {
                "tie_word_embeddings": flags,
                "expansion_ratio": st.just(4),
                "max_seq_len": st.sampled_from([16, 64]),
                "attn_config": st.sampled_from([{"alibi": True}, {"attn_type": "multihead_attention"}]),
            },
        )
    )
}
