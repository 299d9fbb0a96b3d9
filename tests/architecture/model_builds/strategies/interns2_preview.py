"""Intern-S2 Preview, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, Config, choices, fields, merged, widths
from tests.architecture.model_builds.strategies.llama_shaped import READ_BY_ENGINE
from tests.architecture.model_builds.strategies.qwen2_moe import QWEN_MOE_NAMES
from tests.architecture.model_builds.strategies.qwen3_5 import hybrid_layers
from tests.architecture.model_builds.strategies.qwen3_next import linear_shapes


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2]))
    return {
        "hidden_size": draw(widths),
        "num_attention_heads": kv_heads * draw(st.sampled_from([1, 2])),
        "num_key_value_heads": kv_heads,
        "head_dim": draw(st.sampled_from([8, 16])),
    }


_NAMED = {"model_type": "qwen3_5_moe_text", "architectures": ["Qwen3_5MoeForCausalLM"]}
TEXT = merged(
    st.just({**READ_BY_ENGINE, **_NAMED}),
    _heads(),
    linear_shapes(),
    hybrid_layers(),
    choices("num_experts"),
    fields(
        {
            "moe_intermediate_size": widths,
            "shared_expert_intermediate_size": widths,
            "vocab_size": st.sampled_from([64, 128]),
            "tie_word_embeddings": st.just(False),
        }
    ),
)


@st.composite
def tower(draw: st.DrawFn, model_type: str, *, deep: bool = False) -> Config:
    """Draw the vision tower of Qwen3-VL; a `deep` one may feed layers of the language model.

    Args:
        draw: Given by hypothesis.
        model_type: What the published file calls it.
        deep: Whether it may have further mergers.
    """
    heads = draw(st.sampled_from([1, 2]))
    return {
        "model_type": model_type,
        "depth": draw(st.integers(1, 3)),
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_heads": heads,
        "intermediate_size": draw(widths),
        "out_hidden_size": draw(widths),
        "in_channels": draw(st.sampled_from([1, 3])),
        "patch_size": draw(st.sampled_from([2, 4])),
        "spatial_merge_size": draw(st.sampled_from([1, 2])),
        "temporal_patch_size": draw(st.sampled_from([1, 2])),
        "num_position_embeddings": draw(st.sampled_from([4, 16])),
        "deepstack_visual_indexes": draw(st.sampled_from([[], [0], [0, 1]])) if deep else [],
        "hidden_act": "gelu_pytorch_tanh",
    }


BUILDS = {
    "interns2_preview": Builds(
        fields(
            {
                "text_config": TEXT,
                "vision_config": tower("interns2_preview_vision"),
                "tie_word_embeddings": st.just(False),
            }
        ),
        QWEN_MOE_NAMES,
        class_names=("InternS2PreviewForConditionalGeneration",),
        default=None,
        library="vllm",
    )
}
