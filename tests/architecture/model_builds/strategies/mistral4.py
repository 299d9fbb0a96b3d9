"""Mistral 4: latent attention with compressed queries or whole ones, dense first layers, shared experts."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
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
def latent_heads(draw: st.DrawFn) -> Config:
    """Draw heads, and the latent widths from which keys and values are rebuilt."""
    heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "kv_lora_rank": draw(st.sampled_from([4, 8, 16])),
        "qk_rope_head_dim": draw(st.sampled_from([4, 8])),
        "qk_nope_head_dim": draw(st.sampled_from([4, 8])),
        "v_head_dim": draw(st.sampled_from([4, 8, 12])),
    }


BUILDS = {
    "mistral4": Builds(
        merged(
            latent_heads(),
            st.one_of(choices("n_routed_experts"), choices("num_local_experts")),
            fields(
                {
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "num_hidden_layers": layer_counts,
                    "vocab_size": vocabularies,
                },
                {
                    "q_lora_rank": st.sampled_from([None, 8, 16]),
                    "n_shared_experts": st.integers(min_value=1, max_value=3),
                    "first_k_dense_replace": st.integers(min_value=0, max_value=3),
                    "attention_bias": flags,
                    "tie_word_embeddings": flags,
                },
            ),
        ),
        ComponentNames(router=r"\.mlp\.gate\."),
    )
}
