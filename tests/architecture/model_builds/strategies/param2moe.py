"""Param2-MoE."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import choices, fields, flags, head_shapes, merged, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

BUILDS = {
    "param2moe": engine_builds(
        "Param2MoEForCausalLM",
        st.just({"head_dim": None, "rope_scaling": None}),
        merged(head_shapes(), dense(), choices("num_experts")),
        fields(
            {"moe_intermediate_size": widths},
            {
                "num_shared_experts": st.integers(0, 2),
                "use_bias": flags,
                "moe_shared_expert_intermediate_size": st.one_of(st.none(), widths),
                "first_k_dense_replace": st.integers(0, 3),
                "use_qkv_bias": flags,
                "use_qk_norm": flags,
                "moe_router_enable_expert_bias": flags,
            },
        ),
        needs_experts=True,
    )
}
