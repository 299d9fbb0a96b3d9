"""Kimi-K3: delta and latent layers, latent experts, weighted residuals, and the variants of its tower."""

from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, choices, fields, flags, merged, widths

# Width of a head and number of heads, such that the fused projections of vLLM need no padding.
_DELTA_HEADS = st.sampled_from([(8, 8), (12, 4), (24, 8), (16, 16)])


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(st.integers(2, 5))
    head, heads = draw(_DELTA_HEADS)
    latent = sorted(draw(st.sets(st.integers(1, layers), min_size=1, max_size=layers - 1)))
    linear: dict[str, Any] = {
        "kda_layers": [number for number in range(1, layers + 1) if number not in latent],
        "full_attn_layers": latent,
        "head_dim": head,
        "num_heads": heads,
        "short_conv_kernel_size": draw(st.sampled_from([2, 4])),
        "use_full_rank_gate": draw(flags),
    }
    return {"num_hidden_layers": layers, "linear_attn_config": linear}


_TEXT = merged(
    st.just({"model_type": "kimi_linear", "mla_use_nope": True, "max_position_embeddings": 64}),
    _layers(),
    choices("num_experts", "num_experts_per_token"),
    fields(
        {
            "hidden_size": widths,
            "num_attention_heads": st.sampled_from([1, 2, 4]),
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "vocab_size": st.sampled_from([64, 128]),
            "num_shared_experts": st.integers(1, 2),
            "first_k_dense_replace": st.integers(0, 1),
            "kv_lora_rank": st.sampled_from([8, 16]),
            "qk_nope_head_dim": st.sampled_from([8, 16]),
            "qk_rope_head_dim": st.sampled_from([8, 16]),
            "v_head_dim": st.sampled_from([8, 16]),
        },
        {
            "q_lora_rank": st.sampled_from([None, 8, 24]),
            "mla_use_output_gate": flags,
            "attn_res_block_size": st.sampled_from([None, 1, 2]),
            "routed_expert_hidden_size": st.sampled_from([None, 16, 32]),
            "latent_moe_use_norm": flags,
            "num_nextn_predict_layers": st.integers(0, 1),
        },
    ),
)
_VISION = fields(
    {
        "vt_hidden_size": st.sampled_from([16, 32]),
        "vt_num_attention_heads": st.sampled_from([1, 2]),
        "vt_num_hidden_layers": st.integers(1, 3),
        "vt_intermediate_size": widths,
        "qkv_hidden_size": st.sampled_from([16, 32]),
        "init_pos_emb_height": st.sampled_from([4, 8]),
    },
    {
        "init_pos_emb_width": st.sampled_from([4, 8]),
        "patch_size": st.sampled_from([7, 14]),
        "mm_projector_type": st.sampled_from(["patchmergerv2", "patchmerger"]),
        "norm_type": st.sampled_from(["rmsnorm", "layernorm"]),
        "attn_bias": flags,
        "linear_bias": flags,
        "patch_embed_proj_bias": flags,
        "merge_kernel_size": st.sampled_from([[2, 2], [1, 2]]),
    },
)

BUILDS = {
    "kimi_k3": Builds(
        fields({"text_config": _TEXT, "vision_config": _VISION}, {"tie_word_embeddings": st.just(False)}),
        class_names=("KimiK3ForConditionalGeneration",),
        default=None,
        library="vllm",
    )
}
