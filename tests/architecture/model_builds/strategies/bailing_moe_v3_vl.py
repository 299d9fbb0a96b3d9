"""Ling 3 with its tower, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, choices, fields, merged, widths
from tests.architecture.model_builds.parts import without
from tests.architecture.model_builds.strategies.llama_shaped import READ_BY_ENGINE


@st.composite
def _shapes(draw: st.DrawFn) -> Config:
    heads, group = draw(st.sampled_from([1, 2, 4])), draw(st.integers(1, 3))
    return {
        **READ_BY_ENGINE,
        "hidden_size": draw(widths),
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "head_dim": draw(st.sampled_from([8, 16])),
        "layer_group_size": group,
        "num_hidden_layers": group * draw(st.integers(1, 2)),
        # The engine's rotation by sections takes this width only.
        "qk_rope_head_dim": 64,
        "pad_token_id": 0,
        "eos_token_id": 0,
        "n_group": 1,
        "topk_group": 1,
        "no_kda_lora": True,
        "gated_attention_proj_granularity_type": "head_wise",
        "tie_word_embeddings": False,
    }


_TEXT = merged(
    _shapes(),
    choices(),
    without(
        fields(
            {
                "vocab_size": st.sampled_from([64, 128]),
                "intermediate_size": widths,
                "moe_intermediate_size": widths,
                "moe_shared_expert_intermediate_size": widths,
                "num_shared_experts": st.integers(1, 2),
                "first_k_dense_replace": st.integers(0, 2),
                "kv_lora_rank": st.sampled_from([8, 16]),
                "qk_nope_head_dim": st.sampled_from([8, 16]),
                "v_head_dim": st.sampled_from([8, 16]),
                "short_conv_kernel_size": st.sampled_from([2, 4]),
            }
        ),
        "moe_shared_expert_intermediate_size",
        "num_shared_experts",
        "first_k_dense_replace",
        "short_conv_kernel_size",
    ),
)


@st.composite
def _vision(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    drawn = fields(
        {
            "depth": st.integers(1, 3),
            "hidden_size": st.just(heads * draw(st.sampled_from([8, 16]))),
            "intermediate_size": widths,
            "num_heads": st.just(heads),
            "patch_size": st.sampled_from([4, 8]),
            "num_position_embeddings": st.sampled_from([4, 16]),
            "out_hidden_size": widths,
            "deepstack_visual_indexes": st.just([]),
        },
        {
            "spatial_merge_size": st.sampled_from([1, 2]),
            "temporal_patch_size": st.sampled_from([1, 2]),
            "in_channels": st.sampled_from([1, 3]),
        },
    )
    return draw(drawn)


BUILDS = {
    "bailing_moe_v3_vl": Builds(
        fields({"text_config": _TEXT, "vision_config": _vision(), "tie_word_embeddings": st.just(False)}),
        ComponentNames(vision_tower=r"^visual\.|^linear_proj\.", router=r"\.mlp\.gate\."),
        class_names=("BailingMoeV3VLForConditionalGeneration",),
        default=None,
        library="vllm",
    )
}
