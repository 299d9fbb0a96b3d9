"""Kimi-Linear, in the published and in the re-saved spelling of its layers and of its linear attention."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    per_layer,
    vocabularies,
    widths,
)


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    kinds = draw(per_layer(st.sampled_from(["full_attention", "linear_attention"]), layers))
    head, heads, kernel = (
        draw(st.sampled_from([4, 8])),
        draw(st.sampled_from([1, 2, 4])),
        draw(st.sampled_from([2, 4])),
    )
    drawn: Config = {"num_hidden_layers": layers}
    match draw(st.sampled_from(["published", "saved", "left out"])):
        case "published":
            numbered = list(enumerate(kinds, start=1))
            drawn["linear_attn_config"] = {
                "full_attn_layers": [number for number, kind in numbered if kind == "full_attention"],
                "kda_layers": [number for number, kind in numbered if kind == "linear_attention"],
                "head_dim": head,
                "num_heads": heads,
                "short_conv_kernel_size": kernel,
            }
        case "saved":
            drawn |= {
                "layer_types": kinds,
                "linear_head_dim": head,
                "linear_num_heads": heads,
                "linear_conv_kernel_dim": kernel,
            }
    if draw(flags):
        drawn["mlp_layer_types"] = draw(per_layer(st.sampled_from(["dense", "sparse"]), layers))
    return drawn


BUILDS = {
    "kimi_linear": Builds(
        merged(
            _layers(),
            st.one_of(
                choices("num_experts", "num_experts_per_token"), choices("num_local_experts", "num_experts_per_tok")
            ),
            fields(
                {
                    "hidden_size": widths,
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "num_attention_heads": st.sampled_from([1, 2, 4]),
                    "num_key_value_heads": st.sampled_from([1, None]),
                    "q_lora_rank": st.sampled_from([None, 8]),
                    "kv_lora_rank": st.sampled_from([8, 20]),
                    "qk_nope_head_dim": st.sampled_from([4, 6]),
                    "qk_rope_head_dim": st.sampled_from([2, 4]),
                    "v_head_dim": st.sampled_from([4, 10]),
                    "vocab_size": vocabularies,
                    # The default lies outside a small vocabulary.
                    "pad_token_id": st.just(0),
                },
                {
                    "num_shared_experts": st.sampled_from([0, 1, 2]),
                    "first_k_dense_replace": st.sampled_from([0, 2]),
                    "attention_bias": flags,
                    "tie_word_embeddings": st.just(False),
                },
            ),
        )
    )
}
