"""Hunyuan 4."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    choices,
    fields,
    flags,
    layered,
    merged,
    vocabularies,
    widths,
)

BUILDS = {
    "hy_v4": Builds(
        merged(
            layered(
                {
                    "mlp_layer_types": st.sampled_from(["dense", "sparse"]),
                    "indexer_types": st.sampled_from(["full", "shared"]),
                    "layer_types": st.just("indexed_attention"),
                }
            ),
            st.one_of(choices("n_routed_experts"), choices("num_local_experts")),
            fields(
                {
                    "hidden_size": widths,
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "num_attention_heads": st.sampled_from([1, 2, 4]),
                    "q_lora_rank": st.sampled_from([8, 12]),
                    "kv_lora_rank": st.sampled_from([8, 20]),
                    "qk_nope_head_dim": st.sampled_from([4, 6]),
                    "qk_rope_head_dim": st.sampled_from([2, 4]),
                    "v_head_dim": st.sampled_from([4, 10]),
                    "index_head_dim": st.sampled_from([8, 16]),
                    "index_n_heads": st.sampled_from([1, 2]),
                    "vocab_size": vocabularies,
                    # The default lies outside a small vocabulary.
                    "pad_token_id": st.just(0),
                },
                {
                    "n_shared_experts": st.sampled_from([0, 1, 2]),
                    "hc_mult": st.sampled_from([1, 2]),
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                },
            ),
        )
    )
}
