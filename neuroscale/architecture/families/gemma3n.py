"""Gemma 3n: Gemma 3 with embeddings per layer, several residual streams, and feed-forwards of different widths.

What differs from Gemma 3:
- `intermediate_size` may be a list with a width per layer: the smaller models are slices of the largest.
- The residual stream exists `altup_num_inputs` times; each layer predicts and corrects the copies.
- Each layer adds a low-rank path (`laurel_rank`) and reads an embedding of its own for each token.
- The last `num_kv_shared_layers` layers reuse the keys and values of earlier ones: no projections, no cache. The
  published checkpoints store projections for them that nothing uses and that the class leaves out.
- Every fifth layer attends fully. The vision tower is MobileNet-V5, which its name alone defines; the audio tower
  is a conformer.

Defined by Gemma3nTextConfig, Gemma3nAudioConfig, Gemma3nVisionConfig, Gemma3nConfig and their model classes of
transformers, and by mobilenetv5_300m_enc of timm 1.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    feed_forward_modules,
    grouped_query_attention,
    hidden_size,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import (
    MAXIMUM_HEADS,
    MAXIMUM_LAYERS,
    MAXIMUM_VOCABULARY,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import every_nth_layer_full, layer_count
from neuroscale.errors import InvalidInputError

_SHARED = "reuses earlier keys and values"
_VISION_TOWER = "mobilenetv5_300m_enc"
_VISION_TOWER_PARAMETERS = 294_126_912


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = every_nth_layer_full(fields, 5)
    layers = len(kinds)
    shared = fields.optional_integer("num_kv_shared_layers", maximum=MAXIMUM_LAYERS) or 0
    if shared >= layers:
        raise InvalidInputError(
            f"{shared} of {layers} layers cannot reuse the keys and values of earlier ones",
            field=fields.path("num_kv_shared_layers"),
        )
    widths = _widths(fields, layers)
    return tuple(
        LayerKind(kind, dense=True, experts=False, variant=f"{width} {_SHARED if index >= layers - shared else ''}")
        for index, (kind, width) in enumerate(zip(kinds, widths, strict=True))
    )


def _widths(fields: Fields, layers: int) -> tuple[int, ...]:
    if not isinstance(fields.value("intermediate_size")[1], list | tuple):
        return (fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH),) * layers
    widths = fields.integers("intermediate_size", maximum=MAXIMUM_WIDTH, minimum=1) or ()
    if len(widths) != layers:
        raise InvalidInputError(
            f"has {len(widths)} entries for {layers} layers", field=fields.path("intermediate_size")
        )
    return widths


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden = hidden_size(fields)
    bias = "attention_bias"
    block = grouped_query_attention(fields, kind, input_bias=bias, output_bias=bias, head_norm="head")
    width = block.head_dimension
    if kind.variant.endswith(_SHARED):
        keys_and_values = 2 * projection(hidden, block.kv_heads * width, bias=fields.flag(bias))
        block = replace(
            block,
            weights=block.weights - keys_and_values,
            modules=(block.modules[0], block.modules[-1]),
            norms=width,
            kv_heads=0,
            key_elements=0,
            value_elements=0,
            window_tokens=None,
        )
    streams = fields.integer("altup_num_inputs", maximum=MAXIMUM_HEADS)
    low_rank = 2 * projection(hidden, fields.integer("laurel_rank", maximum=MAXIMUM_WIDTH))
    per_layer = 2 * projection(hidden, _per_layer_width(fields))
    alternating_updates = hidden + streams**2 + streams**3 + projection(hidden, streams)
    return replace(block, other=low_rank + per_layer + alternating_updates)


def _per_layer_width(fields: Fields) -> int:
    return fields.integer("hidden_size_per_layer_input", maximum=MAXIMUM_WIDTH)


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    width = int(kind.variant.split()[0])
    weights = projection(hidden_size(fields), width)
    return DenseBlock(width, 3 * weights, feed_forward_modules("mlp", weights, 3))


def _extras(fields: Fields) -> Extras:
    hidden, layers, width = hidden_size(fields), layer_count(fields), _per_layer_width(fields)
    vocabulary = fields.integer("vocab_size_per_layer_input", maximum=MAXIMUM_VOCABULARY)
    streams = fields.integer("altup_num_inputs", maximum=MAXIMUM_HEADS)
    return Extras(
        input_embedding=vocabulary * layers * width,
        normalisation=width,
        other=hidden * layers * width + 2 * (streams - 1) * hidden * hidden,
    )


def _vision(root: Fields) -> int:
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    if vision.optional_text("architecture") != _VISION_TOWER or vision.has("model_args"):
        raise UncountableError(f"a vision tower other than {_VISION_TOWER} is not covered for this family")
    return _VISION_TOWER_PARAMETERS + _embedder(root, vision)


def _audio(root: Fields) -> int:
    """Return a conformer behind two convolutions, and its projection into the language model."""
    audio = root.nested("audio_config", _AUDIO_DEFAULTS, _AUDIO_ALIASES)
    if audio is None:
        audio = Fields({}, _AUDIO_DEFAULTS, "audio_config", _AUDIO_ALIASES)
    width, heads = hidden_size(audio), query_heads(audio)
    head = width // heads
    feed_forward = 2 * projection(width, 4 * width) + 2 * width
    attention = 4 * projection(width, heads * head) + head + projection(width, width) + 2 * width
    kernel = audio.integer("conf_conv_kernel_size", maximum=MAXIMUM_WIDTH)
    convolution = projection(width, 2 * width) + width * kernel + projection(width, width) + 2 * width
    layer = 2 * feed_forward + attention + convolution + width
    return layer_count(audio) * layer + _subsampling(audio, width) + _embedder(root, audio)


def _subsampling(audio: Fields, width: int) -> int:
    """Return two convolutions over time and frequency, each with a norm, and the projection behind them."""
    channels = audio.integers("sscp_conv_channel_size", maximum=MAXIMUM_WIDTH, minimum=1)
    if channels is None or len(channels) != len(_KERNEL):
        raise InvalidInputError("must have two entries", field=audio.path("sscp_conv_channel_size"))
    for name, common in (("sscp_conv_kernel_size", _KERNEL), ("sscp_conv_stride_size", _STRIDE)):
        _, stated = audio.value(name)
        if stated is not None and stated != [list(pair) for pair in common]:
            raise UncountableError(f"{audio.path(name)} other than {common} is not covered for this family")
    frequencies = audio.integer("input_feat_size", maximum=MAXIMUM_WIDTH)
    for (_, kernel), (_, stride) in zip(_KERNEL, _STRIDE, strict=True):
        frequencies = (frequencies + 2 - kernel) // stride + 1
    convolutions, inputs = 0, 1
    for outputs, (time, frequency) in zip(channels, _KERNEL, strict=True):
        convolutions += inputs * outputs * time * frequency + outputs
        inputs = outputs
    return convolutions + projection(inputs * frequencies, width)


def _embedder(root: Fields, tower: Fields) -> int:
    """Return the table of a tower's own tokens, two norms and the projection into the language model."""
    text = root.nested("text_config", GEMMA3N_TEXT.defaults)
    width = hidden_size(tower)
    rows = tower.integer("vocab_size", maximum=MAXIMUM_VOCABULARY)
    return rows * width + 2 * width + (0 if text is None else projection(width, hidden_size(text)))


_KERNEL = ((3, 3), (3, 3))
_STRIDE = ((2, 2), (2, 2))
_VISION_DEFAULTS = {"architecture": _VISION_TOWER, "hidden_size": 2048, "vocab_size": 128}
_AUDIO_DEFAULTS = {
    "vocab_size": 128,
    "input_feat_size": 128,
    "hidden_size": 1536,
    "num_attention_heads": 8,
    "num_hidden_layers": 12,
    "conf_conv_kernel_size": 5,
    "sscp_conv_channel_size": (128, 32),
}
_AUDIO_ALIASES = {
    "num_attention_heads": ("conf_num_attention_heads",),
    "num_hidden_layers": ("conf_num_hidden_layers",),
}

GEMMA3N_TEXT = Family(
    model_types=("gemma3n_text",),
    class_names=("Gemma3nForCausalLM",),
    defaults={
        "vocab_size": 262400,
        "hidden_size": 2048,
        "intermediate_size": 16384,
        "num_hidden_layers": 35,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "max_position_embeddings": 32768,
        "tie_word_embeddings": True,
        "sliding_window": 512,
        "vocab_size_per_layer_input": 262144,
        "hidden_size_per_layer_input": 256,
        "altup_num_inputs": 4,
        "num_kv_shared_layers": 15,
        "laurel_rank": 64,
    },
    layers=_layers,
    attention=_attention,
    dense=_dense,
    norms_per_layer=7,
    extras=_extras,
)

GEMMA3N = replace(
    GEMMA3N_TEXT,
    model_types=("gemma3n",),
    class_names=("Gemma3nForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": True},
    vision=_vision,
    audio=_audio,
)

FAMILIES = (GEMMA3N_TEXT, GEMMA3N)
