"""Parts of multimodal configurations: small language models of several families, and small towers."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.drawing import (
    Config,
    choices,
    fields,
    flags,
    head_shapes,
    layer_counts,
    merged,
    vocabularies,
    widths,
)

_SIZES: Mapping[str, st.SearchStrategy[Any]] = {
    "intermediate_size": widths,
    "num_hidden_layers": layer_counts,
    "vocab_size": vocabularies,
}
# Families whose class shares the width among the heads whatever `head_dim` says.
_HEADS_FROM_WIDTH = frozenset({"qwen2", "cohere2", "lfm2", "mllama_text_model"})
_TOWER_SIZES: Mapping[str, st.SearchStrategy[Any]] = {
    "intermediate_size": widths,
    "num_hidden_layers": layer_counts,
    "patch_size": st.sampled_from([2, 4]),
}


def text_model(model_type: str, *, stated: bool = True) -> st.SearchStrategy[Config]:
    """Draw a language model of one family; its `model_type` is left out when the composite's default is meant."""
    named = {"model_type": st.just(model_type)} if stated else {}
    match model_type:
        case "qwen3_moe":
            sizes = {**_SIZES, "moe_intermediate_size": widths, "head_dim": st.sampled_from([4, 8])}
            return merged(head_shapes(), choices(), fields({**named, **sizes}, {"tie_word_embeddings": flags}))
        case "llama":
            switches = {"attention_bias": flags, "mlp_bias": flags, "tie_word_embeddings": flags}
            return merged(head_shapes(), fields({**named, **_SIZES}, switches))
        case _:
            return merged(
                head_shapes(head_dimension=model_type not in _HEADS_FROM_WIDTH),
                fields({**named, **_SIZES}, {"tie_word_embeddings": flags}),
            )


@st.composite
def recurrent_text_model(draw: st.DrawFn) -> Config:
    """Draw a small Qwen3.5 language model, with linear and full attention."""
    shape = draw(head_shapes())
    key_heads = draw(st.sampled_from([1, 2]))
    return {
        **shape,
        "model_type": "qwen3_5_text",
        "head_dim": draw(st.sampled_from([8, 16])),
        "intermediate_size": draw(widths),
        "num_hidden_layers": draw(st.sampled_from([4, 5, 8])),
        "vocab_size": draw(vocabularies),
        "linear_num_key_heads": key_heads,
        "linear_num_value_heads": key_heads * draw(st.sampled_from([1, 2])),
        "linear_key_head_dim": draw(st.sampled_from([4, 8])),
        "linear_value_head_dim": draw(st.sampled_from([4, 8])),
    }


def text_models(default: str, *others: str) -> st.SearchStrategy[Config]:
    """Draw a language model of one of several families; that of the default need not name itself."""
    return st.one_of(
        text_model(default, stated=False), text_model(default), *(text_model(other) for other in others)
    )


@st.composite
def tower_heads(draw: st.DrawFn) -> Config:
    """Draw a tower's width and the heads that divide it."""
    heads = draw(st.sampled_from([1, 2, 4]))
    return {"hidden_size": heads * draw(st.sampled_from([4, 8, 16])), "num_attention_heads": heads}


def vision_tower(model_type: str, *, stated: bool = True) -> st.SearchStrategy[Config]:
    """Draw a small vision tower of one kind."""
    named = {"model_type": st.just(model_type)} if stated else {}
    image = {"image_size": st.sampled_from([8, 14, 16])}
    match model_type:
        case "siglip_vision_model":
            sizes = {**_TOWER_SIZES, **image}
            switches = {"vision_use_head": flags, "num_channels": st.sampled_from([1, 3])}
        case "siglip2_vision_model":
            sizes = {**_TOWER_SIZES, "num_patches": st.sampled_from([4, 9, 16])}
            switches = {"vision_use_head": flags, "num_channels": st.sampled_from([1, 3])}
        case "granite_docling_vision":
            sizes = {**_TOWER_SIZES, "image_size": st.just(32), "patch_size": st.sampled_from([4, 8])}
            switches = {
                "scale_factor": st.sampled_from([2, 4]),
                "deepstack_visual_indexes": st.sampled_from([[], [0], [0, 1]]),
                "use_fine_route": flags,
            }
        case "internvl_vision" | "qianfan_ocr_vision":
            sizes = {**_TOWER_SIZES, "image_size": st.sampled_from([8, [16, 8], [14, 14]])}
            switches = {
                "attention_bias": flags,
                "use_qk_norm": flags,
                "norm_type": st.sampled_from(["layer_norm", "rms_norm"]),
                "use_mask_token": flags,
                "use_absolute_position_embeddings": flags,
                "use_mean_pooling": flags,
            }
        case "ovis2_vision":
            sizes = {**_TOWER_SIZES, **image, "vocab_size": st.integers(min_value=16, max_value=32)}
            switches = {
                "qkv_bias": flags,
                "mlp_bias": flags,
                "hidden_stride": st.sampled_from([1, 2]),
                "num_visual_indicator_tokens": st.integers(min_value=0, max_value=8),
            }
        case "sam_vision_model" | "got_ocr2_vision":
            sizes = {
                **{name: drawn for name, drawn in _TOWER_SIZES.items() if name != "intermediate_size"},
                "image_size": st.sampled_from([8, 16]),
                "output_channels": st.sampled_from([4, 8]),
                "window_size": st.sampled_from([0, 2, 3]),
                "global_attn_indexes": st.sets(st.integers(0, 5), min_size=1).map(sorted),
            }
            switches = {"qkv_bias": flags, "use_abs_pos": flags, "use_rel_pos": flags, "mlp_dim": widths}
            if model_type == "sam_vision_model":
                switches |= {"mlp_ratio": st.sampled_from([1.5, 4.0])}
        case "paddleocr_vl_vision":
            sizes = {**_TOWER_SIZES, **image, "spatial_merge_size": st.sampled_from([1, 2])}
            switches = {"num_channels": st.sampled_from([1, 3])}
        case "minicpmv_vision":
            sizes = {**_TOWER_SIZES, **image}
            switches = {"window_kernel_size": st.sampled_from([[1, 1], [2, 2], [1, 2]])}
        case "hunyuan_vl_vision":
            sizes = {**_TOWER_SIZES, "max_image_size": st.sampled_from([8, 16, 18])}
            switches = {
                "spatial_merge_size": st.sampled_from([1, 2]),
                "num_channels": st.sampled_from([1, 3]),
                "head_dim": st.sampled_from([4, 8]),
            }
        case "mllama_vision_model":
            sizes = {**_TOWER_SIZES, **image, "num_global_layers": layer_counts, "vision_output_dim": widths}
            switches = {
                "max_num_tiles": st.sampled_from([1, 2, 4]),
                "supported_aspect_ratios": st.sampled_from([[[1, 1]], [[1, 1], [1, 2], [2, 1]]]),
            }
        case _:
            sizes = {**_TOWER_SIZES, **image}
            switches = {"num_channels": st.sampled_from([1, 3])}
    return merged(tower_heads(), fields({**named, **sizes}, switches))


def vision_towers(default: str, *others: str) -> st.SearchStrategy[Config]:
    """Draw a vision tower of one of several kinds; that of the default need not name itself."""
    return st.one_of(
        vision_tower(default, stated=False), vision_tower(default), *(vision_tower(other) for other in others)
    )


@st.composite
def voxel_tower(draw: st.DrawFn, model_type: str, *, stated: bool = True) -> Config:
    """Draw a small tower of Qwen2-VL, Qwen2.5-VL or GLM-4V: patches of several frames, and a merger."""
    heads = draw(st.sampled_from([1, 2, 4]))
    width = heads * draw(st.sampled_from([8, 16]))
    drawn: Config = {
        "depth": draw(layer_counts),
        "num_heads": heads,
        "patch_size": draw(st.sampled_from([2, 4])),
        "spatial_merge_size": draw(st.sampled_from([1, 2])),
        "temporal_patch_size": draw(st.sampled_from([1, 2])),
        "in_channels": draw(st.sampled_from([1, 3])),
    }
    match model_type:
        case "qwen2_vl_vision":
            drawn |= {"embed_dim": width, "hidden_size": draw(widths), "mlp_ratio": draw(st.sampled_from([2, 4]))}
        case _:
            drawn |= {"hidden_size": width, "intermediate_size": draw(widths), "out_hidden_size": draw(widths)}
    if model_type == "exaone4_5_vision":
        drawn |= {"num_key_value_heads": draw(st.sampled_from([n for n in (1, 2, 4) if heads % n == 0]))}
    if model_type == "glm_ocr_vision":
        drawn["attention_bias"] = draw(flags)
    if model_type == "glm4v_vision":
        drawn |= {"image_size": draw(st.sampled_from([8, 16])), "attention_bias": draw(flags)}
    return {**drawn, "model_type": model_type} if stated else drawn


def without(strategy: st.SearchStrategy[Config], *names: str) -> st.SearchStrategy[Config]:
    """Leave each of some fields out now and then, so that the class default applies."""
    return st.tuples(strategy, st.sets(st.sampled_from(names))).map(
        lambda drawn: {name: value for name, value in drawn[0].items() if name not in drawn[1]}
    )


@st.composite
def audio_encoder(draw: st.DrawFn) -> Config:
    """Draw a small encoder like Whisper's, in its own spelling."""
    heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "d_model": heads * draw(st.sampled_from([4, 8, 16])),
        "encoder_attention_heads": heads,
        "encoder_ffn_dim": draw(widths),
        "encoder_layers": draw(layer_counts),
        "num_mel_bins": draw(st.sampled_from([8, 16])),
        "max_source_positions": draw(st.sampled_from([10, 20])),
    }
