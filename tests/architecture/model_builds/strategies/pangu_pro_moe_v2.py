"""openPangu Pro MoE v2, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import choices, fields, flags, head_shapes
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds
from tests.architecture.model_builds.strategies.openpangu import EXPERTS

_BUILDS = engine_builds(
    "PanguProMoEV2ForCausalLM",
    head_shapes(head_dimension=False),
    dense(attention_bias=flags, bias=flags, qkv_bias=flags, mlp_bias=flags, sandwich_norm=flags),
    choices("n_routed_experts"),
    EXPERTS,
    fields(
        {
            "qk_nope_dim": st.sampled_from([4, 8]),
            "qk_rope_dim": st.sampled_from([4, 8]),
            "v_channels": st.sampled_from([4, 10]),
            "param_sink_number": st.sampled_from([0, 1, 7]),
            "torch_dtype": st.just("bfloat16"),
        },
        {"param_sink_with_value": flags},
    ),
    needs_experts=True,
)

BUILDS = {"PanguProMoE": _BUILDS, "pangu_pro_moe_v2": _BUILDS}
