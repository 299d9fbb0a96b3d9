"""DeepSeek-V2, DeepSeek-V3 and Kimi-K2."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    vocabularies,
    widths,
)


@st.composite
def latent_shapes(draw: st.DrawFn, *, query_rank: bool = True) -> Config:
    """Draw latent attention: heads, ranks and the widths of their parts.

    Args:
        draw: Given by hypothesis.
        query_rank: Whether queries are always compressed; otherwise they are now and then.
    """
    heads = draw(st.sampled_from([2, 4, 6]))
    drawn: Config = {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "kv_lora_rank": draw(widths),
        "q_lora_rank": draw(widths) if query_rank else draw(st.none() | widths),
        "qk_rope_head_dim": draw(st.sampled_from([4, 8])),
        "qk_nope_head_dim": draw(st.sampled_from([8, 16, 24])),
        "v_head_dim": draw(st.sampled_from([8, 16, 20])),
    }
    return drawn


@st.composite
def dense_first(draw: st.DrawFn) -> Config:
    """Draw layers of which the first are dense, none or all of them at times."""
    layers = draw(layer_counts)
    return {"num_hidden_layers": layers, "first_k_dense_replace": draw(st.integers(0, layers))}


shared_experts = st.integers(min_value=1, max_value=3)

_DEEPSEEK_V3 = merged(
    latent_shapes(query_rank=False),
    dense_first(),
    choices("n_routed_experts"),
    fields(
        {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
        {
            "n_shared_experts": shared_experts,
            "tie_word_embeddings": flags,
            "attention_bias": flags,
            "num_nextn_predict_layers": st.integers(0, 1),
            "moe_layer_freq": st.just(1),
        },
    ),
)

BUILDS = {
    "deepseek_v2": Builds(
        merged(
            latent_shapes(query_rank=False),
            dense_first(),
            choices("n_routed_experts"),
            fields(
                {"vocab_size": vocabularies, "intermediate_size": widths, "moe_intermediate_size": widths},
                {
                    "n_shared_experts": shared_experts,
                    "tie_word_embeddings": flags,
                    "attention_bias": flags,
                    "mlp_bias": flags,
                },
            ),
        ),
        # The class leaves the choice of experts open, which is built but computes no token.
        default={"num_experts_per_tok": 6},
    ),
    "deepseek_v3": Builds(_DEEPSEEK_V3),
    "kimi_k2": Builds(_DEEPSEEK_V3),
}
