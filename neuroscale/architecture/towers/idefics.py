"""The towers of Idefics 2, Idefics 3 and SmolVLM: SigLIP without a pooling head, of images of any shape.

Defined by Idefics2VisionTransformer, Idefics3VisionTransformer and SmolVLMVisionTransformer of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.tower import Tower
from neuroscale.architecture.towers.siglip import siglip_parameters

IDEFICS2_VISION = Tower(
    model_types=("idefics2_vision",),
    defaults={
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_channels": 3,
        "image_size": 224,
        "patch_size": 32,
    },
    parameters=siglip_parameters,
)
IDEFICS3_VISION = replace(
    IDEFICS2_VISION,
    model_types=("idefics3_vision", "smolvlm_vision"),
    defaults={**IDEFICS2_VISION.defaults, "hidden_size": 1152},
)

TOWERS = (IDEFICS2_VISION, IDEFICS3_VISION)
