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
                head_shapes(head_dimension=model_type != "qwen2"),
                fields({**named, **_SIZES}, {"tie_word_embeddings": flags}),
            )


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
        case _:
            sizes = {**_TOWER_SIZES, **image}
            switches = {"num_channels": st.sampled_from([1, 3])}
    return merged(tower_heads(), fields({**named, **sizes}, switches))


def vision_towers(default: str, *others: str) -> st.SearchStrategy[Config]:
    """Draw a vision tower of one of several kinds; that of the default need not name itself."""
    return st.one_of(
        vision_tower(default, stated=False), vision_tower(default), *(vision_tower(other) for other in others)
    )
