"""The tower of MiniCPM-V 4.6 and later: SigLIP with a merger of windows after one of its layers.

The merger attends within a window, then joins its patches; its inner width is that of the layers times the patches
of a window. Defined by MiniCPMV4_6VisionModel and MiniCPMV4_7VisionModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.tower import (
    Tower,
    attention_weights,
    layer_norm,
    width_of,
)
from neuroscale.architecture.towers.siglip import SIGLIP, siglip_parameters
from neuroscale.errors import InvalidInputError

_DEFAULT_WINDOW = (2, 2)


def _parameters(fields: Fields) -> int:
    width, intermediate = width_of(fields), width_of(fields, "intermediate_size")
    window = fields.integers("window_kernel_size", maximum=MAXIMUM_LAYERS, minimum=1) or _DEFAULT_WINDOW
    if len(window) != len(_DEFAULT_WINDOW):
        raise InvalidInputError("must have two entries", field=fields.path("window_kernel_size"))
    patches = window[0] * window[1]
    merger = (
        attention_weights(width)
        + layer_norm(width)
        + layer_norm(patches * width)
        + projection(patches * width, patches * intermediate, bias=True)
        + projection(patches * intermediate, width, bias=True)
    )
    return siglip_parameters(fields) + merger


MINICPMV_VISION = Tower(
    model_types=("minicpmv4_6_vision", "minicpmv4_7_vision", "minicpm_ocr_vision"),
    defaults={**SIGLIP.defaults, "vision_use_head": False},
    parameters=_parameters,
)

TOWERS = (MINICPMV_VISION,)
