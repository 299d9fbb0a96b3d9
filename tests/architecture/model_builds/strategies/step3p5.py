"""Step 3.5, built by vLLM in the spelling of its published files."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Config, fields, flags, per_layer, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

_KINDS = st.sampled_from(["full_attention", "sliding_attention"])
# What the engine reads without a default and no count depends on.
_READ: Config = {
    "need_fp32_gate": True,
    "use_moe_router_bias": True,
    "norm_expert_weight": True,
    "moe_router_scaling_factor": 3.0,
    "moe_router_activation": "sigmoid",
    "sliding_window": 32,
    "use_head_wise_attn_gate": True,
}


@st.composite
def _shapes(draw: st.DrawFn) -> Config:
    kv_heads, experts = draw(st.sampled_from([1, 2])), draw(st.integers(2, 6))
    heads, layers, head = kv_heads * draw(st.sampled_from([1, 2])), draw(st.integers(1, 5)), draw(widths)
    drawn: Config = {
        "hidden_size": draw(widths),
        "num_attention_heads": heads,
        "num_attention_groups": kv_heads,
        "head_dim": head,
        "num_hidden_layers": layers,
        "moe_num_experts": experts,
        "moe_top_k": draw(st.integers(1, experts)),
        "moe_layers_enum": ",".join(str(index) for index in range(draw(st.integers(0, layers - 1)), layers)),
        "attention_other_setting": {
            "attention_type": "sliding_attention",
            "num_attention_heads": kv_heads * draw(st.sampled_from([1, 2, 3])),
            "num_attention_groups": kv_heads,
            "head_dim": head,
        },
    }
    if draw(flags):
        drawn["layer_types"] = draw(per_layer(_KINDS, layers))
    return drawn


BUILDS = {
    "step3p5": engine_builds(
        "Step3p5ForCausalLM",
        st.just(_READ),
        dense(),
        _shapes(),
        fields(
            {"moe_intermediate_size": widths, "share_expert_dims": widths, "tie_word_embeddings": st.just(False)}
        ),
        names=ComponentNames(router=r"\.moe\.gate\.", shared_experts=r"\.share_expert\."),
    )
}
