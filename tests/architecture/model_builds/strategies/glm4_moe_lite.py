"""GLM-4.7-Flash."""

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
    "glm4_moe_lite": Builds(
        merged(
            layered({"mlp_layer_types": st.sampled_from(["dense", "sparse"])}),
            st.one_of(choices("n_routed_experts"), choices("num_local_experts")),
            fields(
                {
                    "hidden_size": widths,
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "num_attention_heads": st.sampled_from([1, 2, 4]),
                    "num_key_value_heads": st.just(1),
                    "q_lora_rank": st.sampled_from([None, 8, 12]),
                    "kv_lora_rank": st.sampled_from([8, 20]),
                    "qk_nope_head_dim": st.sampled_from([4, 6]),
                    "qk_rope_head_dim": st.sampled_from([2, 4]),
                    "v_head_dim": st.sampled_from([4, 10]),
                    "vocab_size": vocabularies,
                },
                {
                    "n_shared_experts": st.sampled_from([0, 1, 2]),
                    "attention_bias": flags,
                    "tie_word_embeddings": flags,
                    "num_nextn_predict_layers": st.sampled_from([0, 1]),
                },
            ),
        )
    )
}
