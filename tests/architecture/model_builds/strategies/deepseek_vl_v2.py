"""DeepSeek-VL2, DeepSeek-OCR and Unlimited-OCR in their published spelling, built by vLLM."""

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
    padded_vocabularies,
    widths,
)
from tests.architecture.model_builds.strategies.deepseek import latent_shapes, shared_experts

_NAMES = ComponentNames(
    vision_tower=r"^vision|^projector\.|^sam_model\.|^qwen2_model\.|^image_newline|^view_seperator"
)


@st.composite
def _attention(draw: st.DrawFn) -> Config:
    if draw(flags):
        return draw(latent_shapes(query_rank=False))
    heads = draw(st.sampled_from([2, 4]))
    return {
        "hidden_size": heads * draw(st.sampled_from([32, 64])),
        "num_attention_heads": heads,
        "num_key_value_heads": draw(st.sampled_from([1, heads])),
        "kv_lora_rank": None,
        "q_lora_rank": None,
        "qk_rope_head_dim": 0,
        "qk_nope_head_dim": 0,
        "v_head_dim": 0,
        "use_mla": False,
    }


@st.composite
def _layers(draw: st.DrawFn) -> Config:
    layers = draw(layer_counts)
    drawn: Config = {"num_hidden_layers": layers, "first_k_dense_replace": draw(st.integers(0, layers))}
    if draw(flags):
        drawn["moe_layer_freq"] = draw(st.sampled_from([1, 2]))
    return drawn


_TEXT = merged(
    st.just({"topk_method": "greedy", "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2"}),
    _attention(),
    _layers(),
    choices("n_routed_experts"),
    fields(
        {
            "vocab_size": padded_vocabularies,
            "intermediate_size": widths,
            "moe_intermediate_size": widths,
            "n_shared_experts": shared_experts,
        }
    ),
)


@st.composite
def _projectors(draw: st.DrawFn, text: Config) -> Config:
    projector: Config = {"n_embed": text["hidden_size"], "input_dim": draw(widths)}
    if draw(flags):
        projector["projector_type"] = "linear"
    else:
        projector["projector_type"] = "downsample_mlp_gelu"
        projector["depth"] = draw(st.integers(2, 4))
        projector["mlp_ratio"] = draw(st.sampled_from([1, 2]))
        projector["downsample_ratio"] = draw(st.sampled_from([1, 2]))
    return {
        "language_config": text,
        "projector_config": projector,
        "vision_config": {},
        "tile_tag": "2D",
        "tie_word_embeddings": False,
    }


_CONFIGS = _TEXT.flatmap(_projectors)

BUILDS = {
    "deepseek_vl_v2": Builds(
        _CONFIGS,
        _NAMES,
        class_names=("DeepseekVLV2ForCausalLM", "DeepseekOCRForCausalLM", "DeepseekOCR2ForCausalLM"),
        default=None,
        library="vllm",
    ),
    "unlimited-ocr": Builds(
        _CONFIGS, _NAMES, class_names=("UnlimitedOCRForCausalLM",), default=None, library="vllm"
    ),
}
