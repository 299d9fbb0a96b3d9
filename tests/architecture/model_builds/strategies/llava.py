"""LLaVA, LLaVA-NeXT (images and videos), LLaVA-OneVision, Video-LLaVA and VipLLaVA."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.architecture.model_builds.components import ComponentNames
from tests.architecture.model_builds.drawing import Builds, Config, fields, flags
from tests.architecture.model_builds.parts import text_models, vision_towers

_FEATURE_LAYERS = st.sampled_from([-1, -2, [-1], [-2, -1], [-3, -2, -1]])
_TEXT = ("mistral", "qwen2", "gemma3_text", "qwen3_moe")
_TOWERS = ("siglip_vision_model", "siglip2_vision_model", "pixtral")
# The class that pools videos reads the size of an image, which SigLIP 2 does not state.
_SIZED_TOWERS = ("siglip_vision_model", "pixtral")
_SWITCHES = {"multimodal_projector_bias": flags}
_VIDEO = {
    "spatial_pool_mode": st.sampled_from(["average", "max", "conv"]),
    "spatial_pool_stride": st.integers(min_value=1, max_value=3),
    "spatial_pool_out_channels": st.sampled_from([4, 8]),
}


def _drawn(
    text: st.SearchStrategy[Config],
    tower: st.SearchStrategy[Config],
    optional: Mapping[str, st.SearchStrategy[Any]],
) -> Builds:
    switches = {**optional, "tie_word_embeddings": flags, "vision_feature_layer": _FEATURE_LAYERS}
    names = ComponentNames(vision_tower=r"vision|image|video|multi_modal_projector")
    return Builds(fields({"text_config": text, "vision_config": tower}, switches), names)


_LLAMA_FIRST = text_models("llama", *_TEXT)
_CLIP_FIRST = vision_towers("clip_vision_model", *_TOWERS)

BUILDS = {
    "llava": _drawn(_LLAMA_FIRST, _CLIP_FIRST, _SWITCHES),
    "llava_next": _drawn(_LLAMA_FIRST, _CLIP_FIRST, _SWITCHES),
    "llava_next_video": _drawn(
        _LLAMA_FIRST, vision_towers("clip_vision_model", *_SIZED_TOWERS), {**_SWITCHES, **_VIDEO}
    ),
    "llava_onevision": _drawn(
        text_models("qwen2", "llama", *_TEXT), vision_towers("siglip_vision_model", "clip_vision_model"), _SWITCHES
    ),
    "video_llava": _drawn(_LLAMA_FIRST, _CLIP_FIRST, _SWITCHES),
    "vipllava": _drawn(_LLAMA_FIRST, _CLIP_FIRST, {}),
}
