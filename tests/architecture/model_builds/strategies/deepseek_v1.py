"""DeepSeek-MoE, the first generation."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import choices, fields, flags, widths
from tests.architecture.model_builds.strategies.llama_shaped import dense, derived_heads, engine_builds

_EXPERTS = fields(
    {
        "moe_intermediate_size": widths,
        "first_k_dense_replace": st.integers(0, 4),
        "n_shared_experts": st.sampled_from([None, 1, 2]),
    },
    {"moe_layer_freq": st.integers(1, 3), "attention_bias": st.just(False), "norm_topk_prob": flags},
)

BUILDS = {
    "deepseek": engine_builds(
        "DeepseekForCausalLM",
        derived_heads,
        dense(),
        st.just({"norm_topk_prob": False, "tie_word_embeddings": False}),
        st.one_of(
            st.tuples(choices("n_routed_experts"), _EXPERTS).map(lambda parts: {**parts[0], **parts[1]}),
            _EXPERTS.map(lambda config: {**config, "n_routed_experts": None, "num_experts_per_tok": None}),
        ),
    )
}
