"""Aya Vision and Command A Vision: a SigLIP tower, a gated projector of merged patches, and a Cohere 2 decoder.

The projector's first layer yields a gate and a value, so that its second one reads half of it; Aya Vision
normalises what goes in. Defined by AyaVisionConfig, Cohere2VisionConfig and their ForConditionalGeneration classes
of transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.tower import layer_norm


def _merged_width(root: Fields, tower: Fields) -> int:
    return hidden_size(tower) * root.integer("downsample_factor", maximum=MAXIMUM_LAYERS) ** 2


def _projector(root: Fields, text: Fields, tower: Fields) -> int:
    stated = root.optional_integer("alignment_intermediate_size", maximum=MAXIMUM_WIDTH, minimum=1)
    width = hidden_size(text) if stated is None else stated
    return projection(_merged_width(root, tower), width, bias=True) + projection(
        width // 2, hidden_size(text), bias=True
    )


def _normed_projector(root: Fields, text: Fields, tower: Fields) -> int:
    return layer_norm(_merged_width(root, tower)) + _projector(root, text, tower)


AYA_VISION = Composite(
    model_types=("aya_vision",),
    class_names=("AyaVisionForConditionalGeneration",),
    language_model="cohere2",
    vision=(
        AttachedTower(
            tower="siglip_vision_model",
            when_absent={
                "hidden_size": 1152,
                "intermediate_size": 4304,
                "patch_size": 14,
                "image_size": 384,
                "num_hidden_layers": 26,
                "vision_use_head": False,
            },
            projector=_normed_projector,
        ),
    ),
    root_defaults={"downsample_factor": 2, "tie_word_embeddings": True},
    tying="root else text",
)
COHERE2_VISION = Composite(
    model_types=("cohere2_vision",),
    class_names=("Cohere2VisionForConditionalGeneration",),
    language_model="cohere2",
    vision=(
        AttachedTower(
            tower="siglip_vision_model",
            when_absent={
                "hidden_size": 1152,
                "intermediate_size": 3072,
                "image_size": 512,
                "num_hidden_layers": 27,
            },
            projector=_projector,
        ),
    ),
    root_defaults={
        "downsample_factor": 2,
        "alignment_intermediate_size": 36864,
        "tie_word_embeddings": True,
    },
    tying="root else text",
)

COMPOSITES = (AYA_VISION, COHERE2_VISION)
