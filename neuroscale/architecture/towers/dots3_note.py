"""dots3-note: a vision transformer with experts in its last layers, and an audio transformer behind convolutions.

The number of experts grows from layer to layer (`pyramid_num_routed`, where less than 1 is a dense layer).
Published audio configurations keep the sizes of the transformer in `whisper_config`. The adapters to the language
model are part of both. Defined by Dots3NoteVisionModel and Dots3NoteAudioModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.decoder import UncountableError
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import Tower, attention_weights, feed_forward_weights, layer_norm, width_of
from neuroscale.errors import InvalidInputError

_DENSE = 0
_DEFAULT_EXPERTS = (*(25 * (_DENSE,)), *range(4, 65, 4), 64)
_KERNEL = 3 * 3
_HALVINGS = 3


def _vision(fields: Fields) -> int:
    width = width_of(fields)
    head = width // fields.integer("num_attention_heads", "num_heads", maximum=MAXIMUM_HEADS)
    attention_bias = fields.flag("attention_bias", "use_bias")
    dense = feed_forward_weights(
        width, width_of(fields, "intermediate_size"), bias=fields.flag("mlp_bias"), matrices=3
    )
    expert = feed_forward_weights(width, width_of(fields, "moe_intermediate_size"), bias=False, matrices=3)
    experts = _experts_by_layer(fields)
    feed_forwards = sum(count * (expert + width) if count else dense for count in experts)
    layer = attention_weights(width, bias=attention_bias) + 2 * head + 2 * width
    patch = width_of(fields, "patch_size") ** 2 * width_of(fields, "num_channels")
    merged = width_of(fields, "adapter_in_dim") * width_of(fields, "adapter_merge_size") ** 2
    return (
        projection(patch, width, bias=True)
        + width
        + len(experts) * layer
        + feed_forwards
        + width
        + layer_norm(width_of(fields, "adapter_in_dim"))
        + projection(merged, merged, bias=True)
        + projection(merged, width_of(fields, "adapter_out_dim"), bias=True)
    )


def _experts_by_layer(fields: Fields) -> tuple[int, ...]:
    """Return the routed experts of each layer, 0 for a dense one."""
    layers, name = layer_count(fields), "pyramid_num_routed"
    if fields.has(name):
        counts = tuple(
            max(count, _DENSE) for count in fields.integers(name, minimum=-1, maximum=MAXIMUM_EXPERTS) or ()
        )
    elif fields.has("mlp_layer_types"):
        name = "mlp_layer_types"
        types = fields.texts(name) or ()
        if unknown := set(types) - {"dense", "sparse"}:
            raise UncountableError(f"the feed-forward type {min(unknown)!r} is not known for this tower")
        counts = tuple(
            _experts_of_layer(fields, index) if kind == "sparse" else _DENSE for index, kind in enumerate(types)
        )
    else:
        counts = _DEFAULT_EXPERTS
    if len(counts) < layers:
        raise InvalidInputError(f"has {len(counts)} entries for {layers} layers", field=fields.path(name))
    return counts[:layers]


def _experts_of_layer(fields: Fields, index: int) -> int:
    by_layer = fields.nested("per_layer_config")
    own = None if by_layer is None else by_layer.nested(str(index))
    stated = None if own is None else own.optional_integer("num_local_experts", maximum=MAXIMUM_EXPERTS, minimum=1)
    return fields.integer("num_local_experts", maximum=MAXIMUM_EXPERTS) if stated is None else stated


def _audio(fields: Fields) -> int:
    published = fields.nested("whisper_config") or Fields({})

    def size(name: str, published_name: str, maximum: int = MAXIMUM_WIDTH) -> int:
        stated = published.optional_integer(published_name, maximum=maximum, minimum=1)
        return fields.integer(name, maximum=maximum) if stated is None else stated

    width, intermediate = size("hidden_size", "d_model"), size("intermediate_size", "encoder_ffn_dim")
    mel_bins, channels = size("feature_size", "num_mel_bins"), width_of(fields, "downsample_hidden_size")
    outputs = fields.integer(
        "adapter_out_dim", "whisper_adapter_out_dim", "adapter_output_size", maximum=MAXIMUM_WIDTH
    )
    # The key projection has no bias.
    attention = attention_weights(width, bias=False) + (3 * width if fields.flag("attention_bias") else 0)
    feed_forward = projection(width, 2 * intermediate, bias=True) + projection(intermediate, width, bias=True)
    convolutions = projection(_KERNEL, channels, bias=True) + (_HALVINGS - 1) * projection(
        _KERNEL * channels, channels, bias=True
    )
    return (
        convolutions
        + projection(channels * -(-mel_bins // 2**_HALVINGS), width)
        + size("num_hidden_layers", "encoder_layers", MAXIMUM_LAYERS) * (attention + feed_forward + 2 * width)
        + width
        + layer_norm(width)
        + projection(width, outputs, bias=True)
        + projection(outputs, outputs, bias=True)
    )


DOTS3_NOTE_VISION = Tower(
    model_types=("dots3_note_vision_encoder",),
    defaults={
        "hidden_size": 1536,
        "intermediate_size": 4224,
        "moe_intermediate_size": 2112,
        "num_hidden_layers": 42,
        "num_attention_heads": 24,
        "num_channels": 3,
        "patch_size": 14,
        "num_local_experts": 64,
        "adapter_in_dim": 1536,
        "adapter_out_dim": 5120,
        "adapter_merge_size": 2,
    },
    parameters=_vision,
    aliases={"hidden_size": ("embed_dim",)},
)

DOTS3_NOTE_AUDIO = Tower(
    model_types=("dots3_note_audio_encoder",),
    defaults={
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "feature_size": 128,
        "downsample_hidden_size": 480,
        "attention_bias": True,
        "adapter_out_dim": 5120,
    },
    parameters=_audio,
)

TOWERS = (DOTS3_NOTE_VISION, DOTS3_NOTE_AUDIO)
