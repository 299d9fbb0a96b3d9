"""Gemma 4: sliding layers with one head shape and full layers with another, and experts beside the dense path.

What differs from a plain decoder:

- Full layers have heads of `global_head_dim` and, with `attention_k_eq_v`, `num_global_key_value_heads` whose keys
  serve as values too: there is no value projection, but both are cached.
- Each layer has four norms; with `enable_moe_block` three more, a router with two learned scales, and routed
  experts beside (not instead of) the dense feed-forward. There is no shared expert.
- The last `num_kv_shared_layers` layers reuse the keys and values of earlier ones: they have no projections for
  them and no cache, and with `use_double_wide_mlp` a dense feed-forward of twice the width.
- E-models add a second input embedding per layer (`hidden_size_per_layer_input`) with its projections.
- The last layer attends fully whatever `layer_types` says.

`layer_scalar` and the bounds of clipped projections are buffers, not parameters. Defined by Gemma4TextConfig,
Gemma4VisionConfig, Gemma4Config and their model classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    attention_window,
    dense_feed_forward,
    expert_feed_forward,
    head_dimension,
    hidden_size,
    key_value_heads,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    NamedWeights,
)
from neuroscale.architecture.fields import (
    MAXIMUM_HEADS,
    MAXIMUM_LAYERS,
    MAXIMUM_TOKENS,
    MAXIMUM_VOCABULARY,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import every_nth_layer_full, layer_count
from neuroscale.errors import InvalidInputError

_SHARED = "reuses earlier keys and values"


def gemma4_layers(fields: Fields) -> tuple[LayerKind, ...]:
    """Return sliding layers with every sixth and the last full; the late ones may reuse keys and values."""
    kinds = list(every_nth_layer_full(fields, 6))
    layers = len(kinds)
    kinds[-1] = "full"
    shared = fields.optional_integer("num_kv_shared_layers", maximum=MAXIMUM_LAYERS) or 0
    if shared >= layers:
        raise InvalidInputError(
            f"{shared} of {layers} layers cannot reuse the keys and values of earlier ones",
            field=fields.path("num_kv_shared_layers"),
        )
    has_experts = fields.flag("enable_moe_block")
    return tuple(
        LayerKind(kind, dense=True, experts=has_experts, variant=_SHARED if index >= layers - shared else "")
        for index, kind in enumerate(kinds)
    )


def gemma4_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    """Return the attention of a sliding or full layer, which differ in their heads."""
    hidden, heads, bias = hidden_size(fields), query_heads(fields), fields.flag("attention_bias")
    width, kv_heads, projections = head_dimension(fields), key_value_heads(fields), 2
    if kind.attention == "full":
        width = fields.integer("global_head_dim", maximum=MAXIMUM_WIDTH)
        if fields.flag("attention_k_eq_v"):
            projections = 1
            kv_heads = (
                fields.optional_integer("num_global_key_value_heads", maximum=MAXIMUM_HEADS, minimum=1) or kv_heads
            )
    queries_and_output = projection(hidden, heads * width, bias=bias) + projection(heads * width, hidden, bias=bias)
    query_weights = hidden * heads * width
    modules: NamedWeights = (("self_attn.q_proj", query_weights), ("self_attn.o_proj", query_weights))
    if kind.variant == _SHARED:
        return AttentionBlock(
            queries_and_output, width, width, kv_heads=0, key_elements=0, value_elements=0, modules=modules
        )
    names = ("self_attn.k_proj", "self_attn.v_proj")[:projections]
    return AttentionBlock(
        weights=queries_and_output + projections * projection(hidden, kv_heads * width, bias=bias),
        norms=2 * width,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        window_tokens=attention_window(fields, kind),
        modules=(*modules, *((name, hidden * kv_heads * width) for name in names)),
    )


def gemma4_dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    """Return the dense feed-forward, which may be twice as wide in layers that reuse keys and values."""
    block = dense_feed_forward(fields, kind)
    is_double = kind.variant == _SHARED and fields.flag("use_double_wide_mlp")
    if not is_double:
        return block
    modules = tuple((name, 2 * weights) for name, weights in block.modules)
    return DenseBlock(2 * block.intermediate_size, 2 * block.weights, modules)


def gemma4_experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    """Return the experts beside the dense feed-forward; their router has two learned scales."""
    return expert_feed_forward(fields, kind, router_extra_per_expert=1, router_extra_vectors=1, module="experts.0")


def _extras(fields: Fields) -> Extras:
    hidden, layers = hidden_size(fields), layer_count(fields)
    expert_norms = 3 * hidden * layers if fields.flag("enable_moe_block") else 0
    width = fields.optional_integer("hidden_size_per_layer_input", maximum=MAXIMUM_WIDTH) or 0
    if width == 0:
        return Extras(normalisation=expert_norms)
    vocabulary = fields.integer("vocab_size_per_layer_input", maximum=MAXIMUM_VOCABULARY)
    return Extras(
        input_embedding=vocabulary * layers * width,
        normalisation=expert_norms + layers * hidden + width,
        other=hidden * layers * width + layers * 2 * hidden * width,
    )


def _audio_tower(root: Fields) -> int:
    """Return a conformer with two convolutions before it, and its projection into the language model."""
    audio = root.nested("audio_config", _AUDIO_DEFAULTS)
    if audio is None:
        return 0
    width = hidden_size(audio)
    head = width // query_heads(audio)
    heads_width = head * query_heads(audio)
    kernel = audio.integer("conv_kernel_size", maximum=MAXIMUM_WIDTH)
    channels = audio.integers("subsampling_conv_channels", maximum=MAXIMUM_WIDTH, minimum=1) or _AUDIO_CHANNELS
    if len(channels) != len(_AUDIO_CHANNELS):
        raise InvalidInputError("must have two entries", field=audio.path("subsampling_conv_channels"))
    output = audio.integer("output_proj_dims", maximum=MAXIMUM_WIDTH)
    feed_forward = 2 * projection(width, 4 * width) + 2 * width
    attention = 4 * projection(width, heads_width) + projection(width, width) + head
    convolution = projection(width, 2 * width) + projection(width, width) + width * kernel + 2 * width
    subsampling = (
        9 * channels[0]
        + channels[0]
        + 9 * channels[0] * channels[1]
        + channels[1]
        + channels[0] // 4 * channels[1] * width
    )
    layer = 2 * feed_forward + attention + convolution + 3 * width
    text = root.nested("text_config", GEMMA4_TEXT.defaults)
    projector = 0 if text is None else output * hidden_size(text)
    return layer_count(audio) * layer + subsampling + projection(width, output, bias=True) + projector


def gemma4_vision_tower(root: Fields, *, required: bool = False) -> int:
    """Return the tower and its projection into the language model.

    Args:
        root: The whole configuration.
        required: Whether a configuration without `vision_config` has a tower with the class defaults, or none.
    """
    vision = root.nested("vision_config", _VISION_DEFAULTS)
    if vision is None:
        if not required:
            return 0
        vision = Fields({}, _VISION_DEFAULTS, "vision_config")
    text = root.nested("text_config", GEMMA4_TEXT.defaults)
    width = vision.integer("hidden_size", maximum=MAXIMUM_WIDTH)
    heads = vision.integer("num_attention_heads", maximum=MAXIMUM_HEADS)
    kv_heads = vision.integer("num_key_value_heads", maximum=MAXIMUM_HEADS)
    head = vision.integer("head_dim", maximum=MAXIMUM_WIDTH)
    intermediate = vision.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    layer = 2 * width * (heads + kv_heads) * head + 2 * head + 3 * width * intermediate + 4 * width
    patch = vision.integer("patch_size", maximum=MAXIMUM_WIDTH)
    positions = vision.integer("position_embedding_size", maximum=MAXIMUM_TOKENS)
    projector = 0 if text is None else width * hidden_size(text)
    return layer_count(vision) * layer + 3 * patch * patch * width + 2 * positions * width + projector


_AUDIO_CHANNELS = (128, 32)
_AUDIO_DEFAULTS = {
    "hidden_size": 1024,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "conv_kernel_size": 5,
    "output_proj_dims": 1536,
}

_VISION_DEFAULTS = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 16,
    "num_attention_heads": 12,
    "num_key_value_heads": 12,
    "head_dim": 64,
    "patch_size": 16,
    "position_embedding_size": 10240,
}

GEMMA4_TEXT = Family(
    model_types=("gemma4_text",),
    class_names=("Gemma4ForCausalLM",),
    defaults={
        "vocab_size": 262144,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_hidden_layers": 30,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "global_head_dim": 512,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "sliding_window": 512,
        "vocab_size_per_layer_input": 262144,
        "hidden_size_per_layer_input": 256,
    },
    layers=gemma4_layers,
    attention=gemma4_attention,
    dense=gemma4_dense,
    experts=gemma4_experts,
    norms_per_layer=4,
    extras=_extras,
)

GEMMA4 = replace(
    GEMMA4_TEXT,
    model_types=("gemma4",),
    class_names=("Gemma4ForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": True},
    vision=gemma4_vision_tower,
    audio=_audio_tower,
)

FAMILIES = (GEMMA4_TEXT, GEMMA4)
