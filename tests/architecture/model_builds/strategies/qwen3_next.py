"""Qwen3-Next: gated delta nets and full layers, by interval or stated one by one."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.qwen2_moe import QWEN_MOE_NAMES, sparse_layers

HYBRID_LAYER_TYPES = ("linear_attention", "full_attention")


@st.composite
def linear_shapes(draw: st.DrawFn) -> Config:
    """Draw the heads of the gated delta net and how often a layer attends fully."""
    key_heads = draw(st.sampled_from([1, 2, 4]))
    shape: Config = {
        "linear_num_key_heads": key_heads,
        "linear_num_value_heads": key_heads * draw(st.sampled_from([1, 2])),
        "linear_key_head_dim": draw(st.sampled_from([4, 8])),
        "linear_value_head_dim": draw(st.sampled_from([4, 8, 16])),
    }
    return shape | draw(
        fields(
            {},
            {
                "linear_conv_kernel_dim": st.integers(min_value=2, max_value=5),
                "full_attention_interval": st.integers(min_value=1, max_value=5),
            },
        )
    )


BUILDS = {
    "qwen3_next": Builds(
        merged(
            head_shapes(),
            linear_shapes(),
            choices("num_experts"),
            sparse_layers(layer_types=HYBRID_LAYER_TYPES),
            fields(
                {
                    "intermediate_size": widths,
                    "moe_intermediate_size": widths,
                    "shared_expert_intermediate_size": widths,
                    "vocab_size": vocabularies,
                },
                {"tie_word_embeddings": flags, "attention_bias": flags},
            ),
        ),
        QWEN_MOE_NAMES,
    )
}
