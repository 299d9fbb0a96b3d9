"""The tower of Granite Docling: SigLIP, with a connector that merges patches coarsely and, unless off, finely too.

Each way has a merger for the output and one for each of `deepstack_visual_indexes`; its positions are computed.
Defined by GraniteDoclingVisionModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.tower import Tower, layer_norm, width_of
from neuroscale.architecture.towers.siglip import siglip_parameters

_DEFAULT_DEEP_LAYERS = 3


def _path(fields: Fields, factor: int) -> int:
    merged, output = width_of(fields) * factor * factor, width_of(fields, "out_hidden_size")
    stated = fields.integers("deepstack_visual_indexes", maximum=MAXIMUM_LAYERS)
    deep = _DEFAULT_DEEP_LAYERS if stated is None else len(stated)
    merger = layer_norm(merged) + projection(merged, output, bias=True) + projection(output, output, bias=True)
    return projection(merged, output) + deep * merger


def _parameters(fields: Fields) -> int:
    output, factor = width_of(fields, "out_hidden_size"), fields.integer("scale_factor", maximum=MAXIMUM_LAYERS)
    return (
        siglip_parameters(fields)
        + layer_norm(width_of(fields))
        + _path(fields, factor)
        + (_path(fields, factor // 2) if fields.flag("use_fine_route") else 0)
        + 2 * layer_norm(output)
        + projection(output, output)
    )


GRANITE_DOCLING_VISION = Tower(
    model_types=("granite_docling_vision",),
    defaults={
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_channels": 3,
        "image_size": 512,
        "patch_size": 16,
        "vision_use_head": False,
        "out_hidden_size": 1024,
        "scale_factor": 4,
        "use_fine_route": True,
    },
    parameters=_parameters,
)

TOWERS = (GRANITE_DOCLING_VISION,)
