"""Ling and Ring 2.5, under a model type of their own: that of their files now means another class to the engine."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import choices, fields, flags, head_shapes, widths
from tests.architecture.model_builds.strategies.bailing_moe import BAILING_NAMES, ROUTERS
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

BUILDS = {
    "bailing_moe_v2_5": engine_builds(
        "BailingMoeV2_5ForCausalLM",
        head_shapes(),
        dense(),
        ROUTERS,
        choices("num_experts"),
        fields(
            {
                "kv_lora_rank": st.sampled_from([8, 16, 32]),
                "q_lora_rank": st.sampled_from([None, 8, 24]),
                "qk_nope_head_dim": st.sampled_from([8, 16]),
                "qk_rope_head_dim": st.sampled_from([8, 16]),
                "v_head_dim": st.sampled_from([8, 16, 24]),
                "moe_intermediate_size": widths,
                "num_shared_experts": st.integers(0, 2),
                "moe_shared_expert_intermediate_size": widths,
                "first_k_dense_replace": st.integers(0, 3),
                "use_bias": st.just(False),
                "use_qkv_bias": flags,
                "use_qk_norm": flags,
                "norm_topk_prob": st.just(True),
                "layer_group_size": st.integers(1, 4),
                "tie_word_embeddings": st.just(False),
            },
        ),
        names=BAILING_NAMES,
    )
}
