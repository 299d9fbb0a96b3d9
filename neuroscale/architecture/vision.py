"""The attention of the vision tower, for the model types whose engines cut it over ranks with the language model.

Names and defaults are those of the vision configurations of transformers 5.23.0. What a tower's feed-forward is as
wide as is told where the configuration states that width itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.model import VisionTower

_TOWER_FIELD = "vision_config"


@dataclass(frozen=True, slots=True)
class _Stated:
    heads: tuple[str, ...]
    default_heads: int
    default_intermediate_size: int | None = None


_BY_HEADS = ("num_heads", "num_attention_heads")
_QWEN3 = _Stated(_BY_HEADS, 16, 4304)
_TOWERS: Mapping[str, _Stated] = MappingProxyType(
    {
        "gemma3": _Stated(("num_attention_heads",), 12, 3072),
        "glm4v": _Stated(_BY_HEADS, 12),
        "glm4v_moe": _Stated(_BY_HEADS, 12),
        "llama4": _Stated(("num_attention_heads",), 16, 5632),
        "qwen2_vl": _Stated(_BY_HEADS, 16),
        "qwen2_5_vl": _Stated(_BY_HEADS, 16, 3420),
        "qwen3_vl": _QWEN3,
        "qwen3_vl_moe": _QWEN3,
        "qwen3_5": _QWEN3,
        "qwen3_5_moe": _QWEN3,
    }
)


def read_vision_tower(root: Fields, model_type: str) -> VisionTower | None:
    """Return the heads and the width of the vision tower; None for a type whose tower is not described here.

    Args:
        root: The whole configuration.
        model_type: Its `model_type`.

    Raises:
        InvalidInputError: A field has a value that no model can have.
    """
    stated = _TOWERS.get(model_type)
    if stated is None:
        return None
    defaults = {stated.heads[0]: stated.default_heads, "intermediate_size": stated.default_intermediate_size}
    fields = root.nested(_TOWER_FIELD, defaults) or Fields({}, defaults, _TOWER_FIELD)
    heads = fields.optional_integer(*stated.heads, minimum=1, maximum=MAXIMUM_HEADS)
    if heads is None:
        return None
    width = None
    if stated.default_intermediate_size is not None:
        width = fields.optional_integer("intermediate_size", minimum=1, maximum=MAXIMUM_WIDTH)
    return VisionTower(heads, width)
