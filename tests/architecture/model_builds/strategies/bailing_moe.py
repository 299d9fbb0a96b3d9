"""Ling and Ring: both generations, every switch of their attention, router and shared experts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, choices, fields, flags, head_shapes, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

BAILING_NAMES = ComponentNames(router=r"\.gate\.(weight|expert_bias)$")
ROUTERS = st.one_of(
    fields({}, {"score_function": st.just("softmax"), "moe_router_enable_expert_bias": st.just(False)}),
    st.just({"score_function": "sigmoid", "moe_router_enable_expert_bias": True}),
)
EXPERTS = fields(
    {
        "moe_intermediate_size": widths,
        "num_shared_experts": st.integers(0, 2),
        "first_k_dense_replace": st.integers(0, 3),
        "use_bias": flags,
        "use_qkv_bias": flags,
        "norm_topk_prob": st.just(True),
        "embedding_dropout": st.just(0.0),
    },
    {
        "moe_shared_expert_intermediate_size": widths,
        "use_qk_norm": flags,
        "use_rmsnorm": flags,
        "num_nextn_predict_layers": st.integers(0, 1),
    },
)


def _builds(class_name: str) -> Builds:
    return engine_builds(
        class_name,
        st.just({"head_dim": None}),
        head_shapes(),
        dense(),
        choices("num_experts"),
        EXPERTS,
        ROUTERS,
        names=BAILING_NAMES,
    )


BUILDS = {
    "bailing_moe": _builds("BailingMoeForCausalLM"),
    "bailing_moe_v2": _builds("BailingMoeV2ForCausalLM"),
    "sarvam_moe": _builds("SarvamMoEForCausalLM"),
}
