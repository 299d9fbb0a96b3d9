"""Alice AI, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    per_layer,
    widths,
)
from tests.architecture.model_builds.strategies.llama_shaped import dense, engine_builds

_REQUIRED: Config = {
    "kda_allow_negative_eigenvalues": False,
    "router_score_function": "sigmoid",
    "router_bias_correction": True,
}


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(1, 5))
    heads, head = draw(st.sampled_from([1, 2, 4])), draw(st.sampled_from([4, 8]))
    return {
        "num_hidden_layers": layers,
        "layer_types": draw(per_layer(st.sampled_from(["linear_attention", "full_attention"]), layers)),
        "linear_num_key_heads": heads,
        "linear_num_value_heads": heads,
        "linear_key_head_dim": head,
        "linear_value_head_dim": head,
        "linear_conv_kernel_dim": draw(st.integers(2, 4)),
        "block_attn_res_block_size": draw(st.integers(1, 4)),
    }


BUILDS = {
    "alice_ai": engine_builds(
        "AliceAIForCausalLM",
        st.just(_REQUIRED),
        head_shapes(),
        dense(mtp_num_hidden_layers=st.integers(0, 1), norm_topk_prob=flags),
        _layers(),
        choices(),
        fields(
            {
                "head_dim": st.sampled_from([4, 8, 16]),
                "moe_intermediate_size": widths,
                "shared_expert_intermediate_size": widths,
                "tie_word_embeddings": st.just(False),
            }
        ),
        names=ComponentNames(router=r"\.mlp\.gate\."),
    )
}
