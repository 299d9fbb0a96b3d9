"""Kimi-VL."""

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import Builds, choices, fields, merged, widths
from tests.architecture.model_builds.strategies.llama_shaped import READ_BY_ENGINE
from tests.architecture.model_builds.strategies.sarvam_mla import LATENT

_TEXT = merged(
    st.just({**READ_BY_ENGINE, "model_type": "deepseek_v3", "n_group": 1, "topk_group": 1}),
    LATENT,
    choices("n_routed_experts"),
    fields(
        {
            "hidden_size": widths,
            "num_attention_heads": st.sampled_from([1, 2, 4]),
            "num_hidden_layers": st.integers(2, 4),
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "n_shared_experts": st.integers(1, 2),
            "first_k_dense_replace": st.integers(0, 1),
            "vocab_size": st.sampled_from([64, 128]),
            "tie_word_embeddings": st.just(False),
        }
    ),
).map(lambda config: {**config, "num_key_value_heads": config["num_attention_heads"]})
_VISION = fields(
    {
        "model_type": st.just("moonvit"),
        "hidden_size": st.sampled_from([16, 32]),
        "num_attention_heads": st.sampled_from([1, 2]),
        "num_hidden_layers": st.integers(1, 3),
        "intermediate_size": widths,
        "init_pos_emb_height": st.sampled_from([4, 8]),
        "init_pos_emb_width": st.sampled_from([4, 8]),
    },
    {"merge_kernel_size": st.sampled_from([[2, 2], [1, 2]]), "patch_size": st.sampled_from([7, 14])},
)

BUILDS = {
    "kimi_vl": Builds(
        fields({"text_config": _TEXT, "vision_config": _VISION}),
        class_names=("KimiVLForConditionalGeneration",),
        default=None,
        library="vllm",
    )
}
