"""openPangu: dense, and with latent attention and experts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import choices, fields, flags, head_shapes, merged, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds
from tests.architecture.model_builds.strategies.sarvam_mla import LATENT

_BIASES = {"attention_bias": flags, "bias": flags, "qkv_bias": flags, "mlp_bias": flags, "sandwich_norm": flags}
EXPERTS = fields(
    {
        "moe_intermediate_size": widths,
        "n_shared_experts": st.sampled_from([None, 1, 2]),
        "first_k_dense_replace": st.integers(0, 3),
        "norm_topk_prob": st.just(True),
        "routed_scaling_factor": st.just(2.5),
    },
    {"router_enable_expert_bias": flags, "num_nextn_predict_layers": st.integers(0, 1)},
)

BUILDS = {
    "PanguEmbedded": engine_builds("PanguEmbeddedForCausalLM", merged(head_shapes(), dense(**_BIASES))),
    "pangu_ultra_moe": engine_builds(
        "PanguUltraMoEForCausalLM",
        merged(head_shapes(head_dimension=False), dense(mlp_bias=flags, sandwich_norm=flags)),
        st.one_of(LATENT, fields({}, {"attention_bias": flags, "qkv_bias": flags})),
        choices("n_routed_experts"),
        EXPERTS,
        needs_experts=True,
    ),
}
