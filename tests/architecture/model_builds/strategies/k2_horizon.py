"""K2-Horizon, built by vLLM: with and without routed values."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Config, choices, fields, flags, head_shapes, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

# The engine reads all of them; a published file may leave out those that equal the class default.
_READ: Config = {
    "layernorm_num_groups": 1,
    "rope_head_dim": None,
    "router_score_func": "sigmoid",
    "router_scaling_factor": 1.0,
    "norm_topk_prob": True,
}


@st.composite
def _value_experts(draw: st.DrawFn) -> Config:
    experts = draw(st.sampled_from([0, 0, 2, 3, 5]))
    return {
        "mova_num_experts": experts,
        "mova_num_experts_per_tok": draw(st.integers(1, experts)) if experts else 0,
    }


BUILDS = {
    "k2_horizon": engine_builds(
        "K2HorizonForCausalLM",
        st.just(_READ),
        head_shapes(),
        dense(),
        choices(),
        _value_experts(),
        fields(
            {
                "head_dim": st.sampled_from([4, 8, 16]),
                "moe_intermediate_size": widths,
                "num_shared_experts": st.integers(0, 2),
                "decoder_sparse_step": st.sampled_from([1, 1, 2]),
                "attention_bias": flags,
                "moe_gate_bias": flags,
                "query_key_norm": flags,
                "attention_gate_func": st.sampled_from([None, "sigmoid"]),
                "mlp_only_layers": st.lists(st.integers(0, 3), max_size=2),
            },
        ),
        names=ComponentNames(router=r"\.mlp\.gate\.|\.v_router\.", routed_experts=r"\.experts\.|\.v_experts\."),
    )
}
