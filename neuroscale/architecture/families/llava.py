"""LLaVA and those built like it: a tower, a projector of two linear layers, and a language model of any family.

The projector reads one or several of the tower's layers (`vision_feature_layer`), side by side. Differences:

- LLaVA-NeXT, LLaVA-NeXT-Video and LLaVA-OneVision learn a vector that marks the end of an image's row.
- LLaVA-NeXT-Video can pool the frames of a video by a convolution (`spatial_pool_mode`).
- VipLLaVA normalises the layers that it reads, and its projector always has biases.
- Video-LLaVA has a second tower, for videos, as the first; one projector serves both.

Defined by the Config and ForConditionalGeneration classes of transformers' llava, llava_next, llava_next_video,
llava_onevision, video_llava and vipllava.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.tower import layer_norm

_CLIP = {
    "model_type": "clip_vision_model",
    "intermediate_size": 4096,
    "hidden_size": 1024,
    "patch_size": 14,
    "image_size": 336,
    "num_hidden_layers": 24,
}
_SIGLIP = {
    "model_type": "siglip_vision_model",
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "patch_size": 14,
    "image_size": 384,
    "num_hidden_layers": 26,
    "vision_use_head": False,
}
_BIASED = {"multimodal_projector_bias": True, "tie_word_embeddings": False}
_VIP_LAYERS = 5


def feature_layers(root: Fields, *, default: int = 1) -> int:
    """Return how many layers of the tower the projector reads side by side."""
    value = root.value("vision_feature_layer", "vision_feature_layers")[1]
    if isinstance(value, list | tuple):
        return max(1, min(len(value), MAXIMUM_LAYERS))
    return default if value is None else 1


def two_layer_projector(root: Fields, text: Fields, tower: Fields) -> int:
    """Return LLaVA's projector: tower width to text width, text width to itself."""
    bias, hidden = root.flag("multimodal_projector_bias"), hidden_size(text)
    return projection(hidden_size(tower) * feature_layers(root), hidden, bias=bias) + projection(
        hidden, hidden, bias=bias
    )


def _projector_and_newline(root: Fields, text: Fields, tower: Fields) -> int:
    return two_layer_projector(root, text, tower) + hidden_size(text)


def _vip_projector(root: Fields, text: Fields, tower: Fields) -> int:
    read, hidden = hidden_size(tower) * feature_layers(root, default=_VIP_LAYERS), hidden_size(text)
    return layer_norm(read) + projection(read, hidden, bias=True) + projection(hidden, hidden, bias=True)


def _video_projector(root: Fields, text: Fields, tower: Fields) -> int:
    pooling = 0
    if root.optional_text("spatial_pool_mode") == "conv":
        width, stride = hidden_size(tower), root.integer("spatial_pool_stride", maximum=MAXIMUM_LAYERS)
        pooled = root.optional_integer("spatial_pool_out_channels", maximum=MAXIMUM_WIDTH, minimum=1) or width
        pooling = projection(width * stride * stride, pooled, bias=True)
    return _projector_and_newline(root, text, tower) + pooling


def _no_projector(_root: Fields, _text: Fields, _tower: Fields) -> int:
    """Return nothing: the other tower's projector serves this one too."""
    return 0


LLAVA = Composite(
    model_types=("llava",),
    class_names=("LlavaForConditionalGeneration",),
    language_model="llama",
    vision=(AttachedTower(tower="clip_vision_model", when_absent=_CLIP, projector=two_layer_projector),),
    root_defaults=_BIASED,
    tying="root or text",
)
LLAVA_NEXT = Composite(
    model_types=("llava_next",),
    class_names=("LlavaNextForConditionalGeneration",),
    language_model="llama",
    vision=(AttachedTower(tower="clip_vision_model", when_absent=_CLIP, projector=_projector_and_newline),),
    root_defaults=_BIASED,
)
LLAVA_NEXT_VIDEO = Composite(
    model_types=("llava_next_video",),
    class_names=("LlavaNextVideoForConditionalGeneration",),
    language_model="llama",
    vision=(AttachedTower(tower="clip_vision_model", when_absent=_CLIP, projector=_video_projector),),
    root_defaults={**_BIASED, "spatial_pool_mode": "average", "spatial_pool_stride": 2},
    tying="root or text",
)
LLAVA_ONEVISION = Composite(
    model_types=("llava_onevision",),
    class_names=("LlavaOnevisionForConditionalGeneration",),
    language_model="qwen2",
    vision=(AttachedTower(tower="siglip_vision_model", when_absent=_SIGLIP, projector=_projector_and_newline),),
    root_defaults=_BIASED,
    tying="root or text",
)
VIDEO_LLAVA = Composite(
    model_types=("video_llava",),
    class_names=("VideoLlavaForConditionalGeneration",),
    language_model="llama",
    vision=tuple(
        AttachedTower(tower="clip_vision_model", when_absent={**_CLIP, "image_size": 224}, projector=projector)
        for projector in (two_layer_projector, _no_projector)
    ),
    root_defaults=_BIASED,
)
VIPLLAVA = Composite(
    model_types=("vipllava",),
    class_names=("VipLlavaForConditionalGeneration",),
    language_model="llama",
    vision=(AttachedTower(tower="clip_vision_model", when_absent=_CLIP, projector=_vip_projector),),
    root_defaults={"tie_word_embeddings": False},
)

COMPOSITES = (LLAVA, LLAVA_NEXT, LLAVA_NEXT_VIDEO, LLAVA_ONEVISION, VIDEO_LLAVA, VIPLLAVA)
