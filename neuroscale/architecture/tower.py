"""What a vision or audio tower declares about itself, and the counts that towers share.

A tower is what a multimodal model puts before its language model, without the projector between them, which is a
matter of the composite.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.errors import InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tower:
    """One kind of tower.

    Attributes:
        model_types: The `model_type` values of its configuration.
        defaults: Class defaults of the fields that a published configuration may leave out.
        parameters: Parameters of the tower from its fields.
        aliases: Further spellings of fields, by the name that is read.
    """

    model_types: tuple[str, ...]
    defaults: Mapping[str, object]
    parameters: Callable[[Fields], int]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def width_of(fields: Fields, name: str = "hidden_size") -> int:
    """Return a width that the configuration states under one name."""
    return fields.integer(name, maximum=MAXIMUM_WIDTH)


def layer_norm(width: int) -> int:
    """Return the parameters of a norm with a weight and a bias per element."""
    return 2 * width


def attention_weights(width: int, *, bias: bool = True) -> int:
    """Return query, key, value and output projection of multi-head attention as wide as its input."""
    return 4 * projection(width, width, bias=bias)


def feed_forward_weights(width: int, intermediate: int, *, bias: bool = True, matrices: int = 2) -> int:
    """Return up and down projection of a feed-forward, and a gate when `matrices` is 3."""
    return (matrices - 1) * projection(width, intermediate, bias=bias) + projection(intermediate, width, bias=bias)


def encoder_layer(width: int, intermediate: int) -> int:
    """Return a vision transformer's plain layer: biases everywhere and two layer norms."""
    return attention_weights(width) + feed_forward_weights(width, intermediate) + 2 * layer_norm(width)


def pair(fields: Fields, name: str) -> tuple[int, int]:
    """Return height and width that one number or a list of two gives.

    Raises:
        InvalidInputError: The field is neither.
    """
    if not isinstance(fields.value(name)[1], list | tuple):
        side = width_of(fields, name)
        return side, side
    sides = fields.integers(name, maximum=MAXIMUM_WIDTH, minimum=1) or ()
    if len(sides) != 2:
        raise InvalidInputError("must be one number or a list of two", field=fields.path(name))
    return sides[0], sides[1]


def patch_count(fields: Fields) -> int:
    """Return how many patches cover an image of the size that the tower was made for."""
    height, width = pair(fields, "image_size")
    patch_height, patch_width = pair(fields, "patch_size")
    return (height // patch_height) * (width // patch_width)


def patch_embedding(fields: Fields, width: int, *, bias: bool, channels: str = "num_channels") -> int:
    """Return the projection of one patch of an image."""
    patch_height, patch_width = pair(fields, "patch_size")
    return projection(width_of(fields, channels) * patch_height * patch_width, width, bias=bias)
