"""MiMo-V2 in its published form."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    padded_vocabularies,
    per_layer,
    widths,
)
from tests.architecture.model_builds.strategies.llama_shaped import engine_builds

_FIXED: Config = {"layernorm_epsilon": 1e-6, "norm_topk_prob": True, "n_group": 1, "topk_group": 1}


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    bits = per_layer(st.integers(0, 1), layers)
    # The class is built with a layer of full attention and one with experts only.
    slides, sparse = [0, *draw(bits)[1:]], [*draw(bits)[1:], 1]
    return {"num_hidden_layers": layers, "hybrid_layer_pattern": slides, "moe_layer_freq": sparse}


@st.composite
def _heads(draw: st.DrawFn, prefix: str = "") -> Config:
    kv_heads = draw(st.sampled_from([1, 2, 4]))
    return {
        f"{prefix}num_attention_heads": kv_heads * draw(st.sampled_from([1, 2])),
        f"{prefix}num_key_value_heads": kv_heads,
        f"{prefix}head_dim": draw(st.sampled_from([8, 16])),
        f"{prefix}v_head_dim": draw(st.sampled_from([8, 16, 24])),
    }


BUILDS = {
    "mimo_v2": engine_builds(
        "MiMoV2ForCausalLM",
        st.just(_FIXED),
        merged(_heads(), _heads("swa_"), _layers(), choices("n_routed_experts")),
        fields(
            {
                "hidden_size": widths,
                "intermediate_size": widths,
                "moe_intermediate_size": widths,
                "vocab_size": padded_vocabularies,
                "attention_bias": flags,
                "tie_word_embeddings": st.just(False),
                "sliding_window": st.just(32),
                "sliding_window_size": st.just(32),
            },
            {"add_swa_attention_sink_bias": flags, "n_shared_experts": st.none()},
        ),
    )
}
