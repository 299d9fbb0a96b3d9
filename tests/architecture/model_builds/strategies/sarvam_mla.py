"""Sarvam with latent attention."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import choices, fields, flags, head_shapes, merged, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

LATENT = fields(
    {
        "kv_lora_rank": st.sampled_from([8, 16, 32]),
        "q_lora_rank": st.sampled_from([None, 8, 24]),
        "qk_nope_head_dim": st.sampled_from([8, 16]),
        "qk_rope_head_dim": st.sampled_from([8, 16]),
        "v_head_dim": st.sampled_from([8, 16, 24]),
    }
)

BUILDS = {
    "sarvam_mla": engine_builds(
        "SarvamMLAForCausalLM",
        merged(head_shapes(), dense(), LATENT, choices("num_experts")),
        fields(
            {"moe_intermediate_size": widths},
            {
                "num_shared_experts": st.integers(0, 2),
                "moe_shared_expert_intermediate_size": widths,
                "first_k_dense_replace": st.integers(0, 3),
                "moe_layer_freq": st.integers(1, 3),
                "moe_router_enable_expert_bias": flags,
            },
        ),
        needs_experts=True,
    )
}
