"""Molmo 2: a vision tower of which several layers are pooled by attention, and a decoder with head norms.

Published files call the tower's part `vit_config`, state layers that the pooling does not read, and leave those out
of the weights. The input embedding has further rows for the marks of images; the head has not, and is never tied.
Defined by Molmo2Config and Molmo2ForConditionalGeneration of transformers.
"""

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention, hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention, layer_count
from neuroscale.architecture.tower import Tower, width_of
from neuroscale.architecture.towers.molmo2 import MOLMO2_VISION, molmo2_attention, molmo2_parameters
from neuroscale.errors import InvalidInputError

_ADAPTER_DEFAULTS = {
    "hidden_size": 1152,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "head_dim": 72,
    "attention_bias": True,
    "intermediate_size": 18944,
    "text_hidden_size": 3584,
    "mlp_bias": False,
}
_DEFAULT_FEATURE_LAYERS = (24, 18)
_OLD_TOWER_FIELD = "vit_config"


def _feature_layers(adapter: Fields) -> tuple[int, ...]:
    """Return the layers that are pooled; a negative one counts from the last."""
    name, value = adapter.value("vit_layers", "vision_feature_layer")
    if value is None:
        return _DEFAULT_FEATURE_LAYERS
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MAXIMUM_LAYERS:
        raise InvalidInputError("must be a list of layers", field=adapter.path(name))
    layers = tuple(layer for layer in value if isinstance(layer, int) and not isinstance(layer, bool))
    if len(layers) != len(value):
        raise InvalidInputError("must be a list of whole numbers", field=adapter.path(name))
    return layers


def _vision(root: Fields, _text: Fields, _none: Fields) -> int:
    adapter = root.nested("adapter_config", _ADAPTER_DEFAULTS) or Fields({}, _ADAPTER_DEFAULTS, "adapter_config")
    features = _feature_layers(adapter)
    is_old = not root.has("vision_config") and root.has(_OLD_TOWER_FIELD)
    name = _OLD_TOWER_FIELD if is_old else "vision_config"
    tower = root.nested(name, MOLMO2_VISION.defaults) or Fields({}, MOLMO2_VISION.defaults, name)
    stated = layer_count(tower)
    layers = max(layer % stated for layer in features) + 1 if is_old else stated
    width, intermediate = width_of(adapter), width_of(adapter, "intermediate_size")
    return (
        molmo2_parameters(tower, layers)
        + molmo2_attention(adapter, width * len(features))
        + 2 * projection(width, intermediate, bias=adapter.flag("mlp_bias"))
        + projection(intermediate, width_of(adapter, "text_hidden_size"))
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    by_head = fields.optional_text("qk_norm_type") == "qwen3"
    return grouped_query_attention(
        fields,
        kind,
        input_bias=fields.flag("attention_bias", "qkv_bias"),
        head_norm="head" if by_head else "width",
    )


def _marks(fields: Fields) -> Extras:
    rows = fields.integer("additional_vocab_size", maximum=MAXIMUM_VOCABULARY, minimum=0)
    return Extras(input_embedding=rows * hidden_size(fields))


MOLMO2_TEXT = Family(
    model_types=("molmo2_text",),
    class_names=(),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 36864,
        "additional_vocab_size": 128,
        "qk_norm_type": "qwen3",
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=dense_feed_forward,
    extras=_marks,
)
MOLMO2 = Composite(
    model_types=("molmo2",),
    class_names=("Molmo2ForConditionalGeneration",),
    language_model=MOLMO2_TEXT,
    vision=(
        AttachedTower(tower=Tower(model_types=(), defaults={}, parameters=lambda _fields: 0), projector=_vision),
    ),
    tying="never",
)

COMPOSITES = (MOLMO2,)
