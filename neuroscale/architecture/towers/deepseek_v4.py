"""Vision tower of DeepSeek-V4 and V4.1: a transformer over patches, and a projector that joins squares of them.

Its feed-forwards have a gate and no biases, its norms no biases; positions are rotary. The projector reads
`downsample_ratio` x `downsample_ratio` patches as one and has two projections, whose biases are kept.

Defined by DeepseekV4ViT and DeepseekV4Aligner of vLLM 0.33.0 (vllm/models/deepseek_v4/common/vision.py).
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.tower import Tower, feed_forward_weights, width_of

_COLOURS = 3
_NORMS_PER_LAYER = 2


def encoder_parameters(*, layers: int, width: int, heads: int, intermediate: int, patch: int) -> int:
    """Return the parameters of the tower without its projector.

    Args:
        layers: Layers of the transformer.
        width: Its width.
        heads: Its heads; elements that they cannot share equally are left out.
        intermediate: Width of its feed-forwards.
        patch: Pixels along each side of a patch.
    """
    attended = heads * (width // heads)
    layer = (
        projection(width, 3 * attended, bias=True)
        + projection(width, width, bias=True)
        + feed_forward_weights(width, intermediate, bias=False, matrices=3)
        + _NORMS_PER_LAYER * width
    )
    return projection(_COLOURS * patch * patch, width, bias=True) + layers * layer + width


def projector_parameters(hidden: int, width: int, downsample: int, *, vectors: int) -> int:
    """Return the parameters of the projector and of the learned vectors that mark an image's start, end and rows.

    Args:
        hidden: Width of the language model.
        width: Width of the tower.
        downsample: Patches along each side of the square that is joined.
        vectors: How many learned vectors there are.
    """
    joined = width * downsample * downsample
    return projection(joined, hidden, bias=True) + projection(hidden, hidden, bias=True) + vectors * hidden


def _parameters(fields: Fields) -> int:
    return encoder_parameters(
        layers=fields.integer("num_hidden_layers", minimum=0, maximum=MAXIMUM_LAYERS),
        width=width_of(fields),
        heads=fields.integer("num_attention_heads", maximum=MAXIMUM_HEADS),
        intermediate=width_of(fields, "intermediate_size"),
        patch=width_of(fields, "patch_size"),
    )


def _flat_parameters(fields: Fields) -> int:
    return encoder_parameters(
        layers=fields.integer("vision_n_layers", minimum=0, maximum=MAXIMUM_LAYERS),
        width=width_of(fields, "vision_dim"),
        heads=fields.integer("vision_n_heads", maximum=MAXIMUM_HEADS),
        intermediate=width_of(fields, "vision_inter_dim"),
        patch=width_of(fields, "vision_patch_size"),
    )


def vision_in_root(root: Fields) -> int:
    """Return tower, projector and four vectors of DeepSeek-V4; 0 when it has no layers of a tower."""
    if not root.optional_integer("vision_n_layers", maximum=MAXIMUM_LAYERS):
        return 0
    return _flat_parameters(root) + projector_parameters(
        width_of(root),
        width_of(root, "vision_dim"),
        root.integer("vision_downsample_ratio", maximum=MAXIMUM_WIDTH),
        vectors=4,
    )


DEEPSEEK_V41_VISION = Tower(
    model_types=("deepseek_v41_vision",),
    defaults={
        "num_hidden_layers": 0,
        "hidden_size": 1024,
        "num_attention_heads": 16,
        "intermediate_size": 2816,
        "patch_size": 14,
        "downsample_ratio": 3,
    },
    parameters=_parameters,
)

TOWERS = (DEEPSEEK_V41_VISION,)
