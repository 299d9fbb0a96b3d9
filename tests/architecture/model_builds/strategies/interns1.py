"""Intern-S1, built by vLLM."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    layer_counts,
    merged,
    padded_vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.llama_shaped import READ_BY_ENGINE
from tests.architecture.model_builds.strategies.qwen2_moe import QWEN_MOE_NAMES


@st.composite
def _heads(draw: st.DrawFn) -> Config:
    kv_heads = draw(st.sampled_from([1, 2]))
    return {
        "hidden_size": draw(widths),
        "num_attention_heads": kv_heads * draw(st.sampled_from([1, 2])),
        "num_key_value_heads": kv_heads,
        "head_dim": draw(st.sampled_from([8, 16, 32])),
    }


@st.composite
def _vision(draw: st.DrawFn) -> Config:
    heads = draw(st.sampled_from([1, 2]))
    side = draw(st.sampled_from([28, 56]))
    return {
        "model_type": "interns1_vision",
        "hidden_size": heads * draw(st.sampled_from([8, 16])),
        "num_attention_heads": heads,
        "num_hidden_layers": draw(st.integers(1, 3)),
        "intermediate_size": draw(widths),
        "num_channels": 3,
        "image_size": [side, side],
        "patch_size": [14, 14],
        "attention_bias": draw(flags),
        "use_qk_norm": draw(flags),
        "norm_type": draw(st.sampled_from(["layer_norm", "rms_norm"])),
        "use_mask_token": draw(flags),
        "use_absolute_position_embeddings": draw(flags),
        "use_mean_pooling": draw(flags),
        "layer_scale_init_value": 0.1,
        "layer_norm_eps": 1e-6,
        "hidden_act": "gelu",
        "projection_dropout": 0.0,
        "attention_dropout": 0.0,
        "hidden_dropout_prob": 0.0,
        "drop_path_rate": 0.0,
    }


_TEXT = merged(
    st.just({**READ_BY_ENGINE, "model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"]}),
    _heads(),
    choices("num_experts"),
    fields(
        {
            "num_hidden_layers": layer_counts,
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "vocab_size": padded_vocabularies,
            "tie_word_embeddings": st.just(False),
        }
    ),
)

BUILDS = {
    "interns1": Builds(
        fields(
            {
                "text_config": _TEXT,
                "vision_config": _vision(),
                "tie_word_embeddings": st.just(False),
                "downsample_ratio": st.sampled_from([0.5, 1.0]),
                "projector_hidden_act": st.just("gelu"),
                "vision_feature_layer": st.just(-1),
                "vision_feature_select_strategy": st.just("default"),
                "image_token_id": st.just(3),
                "image_seq_length": st.just(4),
            }
        ),
        QWEN_MOE_NAMES,
        class_names=("InternS1ForConditionalGeneration",),
        default=None,
        library="vllm",
    )
}
