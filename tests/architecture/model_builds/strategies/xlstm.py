"""xLSTM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, fields, flags, layer_counts, merged, vocabularies

BUILDS = {
    "xlstm": Builds(
        merged(
            st.sampled_from([16, 32, 48, 64]).flatmap(
                lambda width: fields({"hidden_size": st.just(width)}, {"embedding_dim": st.just(width)})
            ),
            layer_counts.flatmap(
                lambda layers: fields({"num_hidden_layers": st.just(layers)}, {"num_blocks": layer_counts})
            ),
            fields(
                {"vocab_size": vocabularies, "num_heads": st.sampled_from([1, 2, 4])},
                {
                    "use_bias": flags,
                    "qk_dim_factor": st.sampled_from([0.25, 0.5, 1.0]),
                    "v_dim_factor": st.sampled_from([0.5, 1.0, 2.0]),
                    "ffn_proj_factor": st.sampled_from([1.3, 2.0, 2.667]),
                    "ffn_round_up_to_multiple_of": st.sampled_from([1, 8, 64]),
                    "weight_mode": st.sampled_from(["single", "fused"]),
                },
            ),
        )
    )
}
