"""Muse Spark: gated attention without norms of queries and keys, experts in a width of their own, two towers.

Every fourth layer, counted from the last, attends fully. Each layer has three norms of the hidden width and two
learned gates on its residual; a MoE layer has one projection into the width of the experts and one out, with a norm
each. The sound tower is a pyramid of convolutions. Defined by MuseSparkTextConfig, MuseSparkVisionConfig,
MuseSparkAudioConfig and MuseSparkForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    head_dimension,
    hidden_size,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, stated_attention_kinds, typed_layers
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.tower import encoder_layer, layer_norm, width_of
from neuroscale.errors import InvalidInputError

_FULL_PERIOD = 4
_MAXIMUM_RATIO = 1024.0


def _attention_kinds(fields: Fields) -> tuple[AttentionKind, ...]:
    if (stated := stated_attention_kinds(fields)) is not None:
        return stated
    last = layer_count(fields) - 1
    return tuple("sliding" if (last - index) % _FULL_PERIOD else "full" for index in range(last + 1))


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return typed_layers(fields, _attention_kinds(fields), first_dense=0)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(fields, kind, input_bias="attention_bias", output_bias="attention_bias")
    gate = projection(hidden_size(fields), query_heads(fields) * head_dimension(fields))
    return replace(block, weights=block.weights + gate, modules=(*block.modules, ("self_attn.gate_proj", gate)))


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    width = fields.integer("moe_hidden_size", maximum=MAXIMUM_WIDTH)
    block = expert_feed_forward(fields, kind, expert_input=width)
    return replace(block, other=2 * projection(hidden_size(fields), width) + 2 * width)


def _residual_gates(fields: Fields) -> Extras:
    return Extras(other=2 * hidden_size(fields) * layer_count(fields))


def _vision(root: Fields) -> int:
    """Return the tower, its adapter and the projection into the language model."""
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    text = root.nested("text_config", MUSE_SPARK.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    known = root.with_defaults(MUSE_SPARK.root_defaults or {})
    width, patch = width_of(vision), width_of(vision, "patch_size")
    positions = width_of(vision, "pos_emb_height") * width_of(vision, "pos_emb_width")
    adapter = width_of(known, "projector_hidden_size")
    return (
        projection(width_of(vision, "patch_temporal") * 3 * patch * patch, width)
        + positions * width
        + layer_count(vision) * encoder_layer(width, width_of(vision, "intermediate_size"))
        + 2 * layer_norm(width)
        + projection(width_of(known, "out_hidden_size"), adapter)
        + projection(adapter, adapter)
        + projection(adapter, hidden_size(text))
    )


def _audio(root: Fields) -> int:
    """Return the pyramid: each level joins samples into wider ones and refines them with blocks of convolutions."""
    audio = root.nested("audio_config", _AUDIO_DEFAULTS) or Fields({}, _AUDIO_DEFAULTS, "audio_config")
    patches, widths, depths = (
        audio.integers(name, maximum=MAXIMUM_WIDTH, minimum=1) or ()
        for name in ("patch_sizes", "hidden_sizes", "depths")
    )
    levels = audio.integer("num_hidden_layers", maximum=MAXIMUM_LAYERS)
    for name, stated in (("patch_sizes", patches), ("hidden_sizes", widths), ("depths", depths)):
        if len(stated) != levels:
            raise InvalidInputError(f"has {len(stated)} entries for {levels} levels", field=audio.path(name))
    ratio = audio.optional_number("mlp_ratio", minimum=0.0, maximum=_MAXIMUM_RATIO) or 0.0
    kernel = audio.integer("conv_kernel_size", maximum=MAXIMUM_WIDTH)
    total, before = 0, 1
    for patch, width, depth in zip(patches, widths, depths, strict=True):
        intermediate = int(width * ratio)
        block = (
            width * kernel
            + width
            + width
            + projection(width, intermediate, bias=True)
            + projection(intermediate, width, bias=True)
        )
        total += projection(before * patch, width, bias=True) + width + depth * block
        before = width
    output = audio.integer("out_hidden_size", maximum=MAXIMUM_WIDTH)
    return total + before + projection(before, output, bias=True) + output


_VISION_DEFAULTS = {
    "patch_size": 14,
    "patch_temporal": 2,
    "pos_emb_height": 32,
    "pos_emb_width": 32,
    "num_hidden_layers": 50,
    "hidden_size": 1536,
    "intermediate_size": 8960,
}
_AUDIO_DEFAULTS = {
    "patch_sizes": (16, 6, 5, 4),
    "hidden_sizes": (256, 512, 1024, 2048),
    "depths": (2, 2, 2, 2),
    "num_hidden_layers": 4,
    "mlp_ratio": 4.0,
    "conv_kernel_size": 7,
    "out_hidden_size": 8192,
}

MUSE_SPARK = Family(
    model_types=("muse_spark",),
    class_names=("MuseSparkForConditionalGeneration",),
    defaults={
        "vocab_size": 202048,
        "hidden_size": 8192,
        "intermediate_size": 16384,
        "num_hidden_layers": 62,
        "num_attention_heads": 128,
        "num_key_value_heads": 16,
        "head_dim": 64,
        "max_position_embeddings": 1048576,
        "sliding_window": 2048,
        "moe_intermediate_size": 4096,
        "num_local_experts": 256,
        "num_experts_per_tok": 8,
        "moe_hidden_size": 4096,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=_experts,
    norms_per_layer=3,
    extras=_residual_gates,
    can_tie=False,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False, "out_hidden_size": 6144, "projector_hidden_size": 4096},
    vision=_vision,
    audio=_audio,
)

FAMILIES = (MUSE_SPARK,)
