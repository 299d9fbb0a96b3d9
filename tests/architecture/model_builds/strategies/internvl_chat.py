"""InternVL in its published form and its kin, with language models of several families."""

from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import (
    Builds,
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    merged,
    widths,
)
from tests.architecture.model_builds.strategies.llama_shaped import READ_BY_ENGINE, dense, derived_heads

_FIXED: dict[str, Any] = {
    "ps_version": "v2",
    "force_image_size": 56,
    "dynamic_image_size": True,
    "use_thumbnail": True,
    "min_dynamic_patch": 1,
    "max_dynamic_patch": 2,
    "select_layer": -1,
}
_VISION = fields(
    {
        "model_type": st.just("intern_vit_6b"),
        "hidden_size": st.sampled_from([16, 32]),
        "num_attention_heads": st.sampled_from([1, 2]),
        "num_hidden_layers": st.integers(1, 3),
        "intermediate_size": widths,
        "image_size": st.sampled_from([28, 56]),
        "patch_size": st.just(14),
        "qk_normalization": flags,
        "qkv_bias": flags,
        "norm_type": st.sampled_from(["layer_norm", "rms_norm"]),
        "num_channels": st.just(3),
        "layer_norm_eps": st.just(1e-6),
        "hidden_act": st.just("gelu"),
        "initializer_factor": st.just(0.1),
    }
)


def _of(model_type: str, class_name: str, **further: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({**READ_BY_ENGINE, "model_type": model_type, "architectures": [class_name], **further})


_PLAIN = st.one_of(
    merged(_of("internlm2", "InternLM2ForCausalLM", bias=False), derived_heads, dense()),
    merged(_of("llama", "LlamaForCausalLM"), head_shapes(), dense()),
)
_ANY = st.one_of(
    _PLAIN,
    merged(_of("qwen2", "Qwen2ForCausalLM"), derived_heads, dense()),
    merged(
        _of("qwen3_moe", "Qwen3MoeForCausalLM"),
        head_shapes(),
        dense(),
        choices("num_experts"),
        fields({"moe_intermediate_size": widths, "norm_topk_prob": st.just(True)}),
    ),
)


def _agreeing(config: Config) -> Config:
    """State in the root what the language model says, where the root says anything."""
    if "tie_word_embeddings" not in config:
        return config
    return {**config, "tie_word_embeddings": config["llm_config"]["tie_word_embeddings"]}


def _builds(class_name: str, text: st.SearchStrategy[Config]) -> Builds:
    return Builds(
        merged(
            st.just(_FIXED),
            fields(
                {"llm_config": text, "vision_config": _VISION, "downsample_ratio": st.sampled_from([0.5, 0.25])},
                {"tie_word_embeddings": flags},
            ),
        ).map(_agreeing),
        ComponentNames(vision_tower=r"^vision_model\.|^mlp1\."),
        class_names=(class_name,),
        default=None,
        library="vllm",
    )


BUILDS = {
    "internvl_chat": _builds("InternVLChatModel", _PLAIN),
    "skywork_chat": _builds("SkyworkR1VChatModel", _ANY),
    "h2ovl_chat": _builds("H2OVLChatModel", _ANY),
}
