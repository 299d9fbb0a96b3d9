"""ERNIE 4.5 VL: ERNIE 4.5 with two sets of routed experts, one for tokens of text and one for those of images.

`moe_intermediate_size` gives the width of an expert of either set; shared experts have that of the first. A token
chooses among the experts of its own modality; what is active is told for text. The vision tower is a plain
transformer, whose patches a resampler joins in space and time. Files whose type is `ernie4_5_moe_vl` are spelt
otherwise and not covered. Defined by Ernie4_5_VLMoeConfig and Ernie4_5_VLMoeForConditionalGeneration of
transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    experts_per_token,
    feed_forward_modules,
    hidden_size,
    projection,
    routed_experts,
)
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import ExpertsBlock, LayerKind, no_extras
from neuroscale.architecture.families.ernie4_5_moe import ERNIE4_5_MOE, ernie_shared_experts, ernie_shared_modules
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers
from neuroscale.architecture.tower import Tower, encoder_layer, layer_norm, width_of
from neuroscale.errors import InvalidInputError

_DEFAULT_WIDTHS = (1536, 512)
_MATRICES = 3


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return typed_layers(fields, repeated("full", layer_count(fields)), 1)


def _experts(fields: Fields, _kind: LayerKind) -> ExpertsBlock:
    name = "moe_intermediate_size"
    widths = fields.integers(name, maximum=MAXIMUM_WIDTH, minimum=1) or _DEFAULT_WIDTHS
    if len(widths) != len(_DEFAULT_WIDTHS):
        raise InvalidInputError("must have two entries, for text and for images", field=fields.path(name))
    hidden, experts = hidden_size(fields), routed_experts(fields)
    chosen = experts_per_token(fields, experts)
    shared_width, shared = ernie_shared_experts(fields, widths[0])
    return ExpertsBlock(
        routed_experts=experts,
        experts_per_token=chosen,
        intermediate_size=widths[0],
        shared_intermediate_size=shared_width,
        # A router for each modality, with a learned correction bias per expert.
        router=len(widths) * projection(hidden, experts, bias=True),
        routed=sum(experts * _MATRICES * projection(hidden, width) for width in widths),
        shared=shared,
        active=None if chosen is None else chosen * _MATRICES * projection(hidden, widths[0]),
        matrices=_MATRICES,
        modules=feed_forward_modules("mlp.experts.0", experts * projection(hidden, sum(widths)), _MATRICES),
        shared_modules=ernie_shared_modules(fields, shared_width),
    )


def _tower(fields: Fields) -> int:
    width = width_of(fields)
    patch = width_of(fields, "patch_size") ** 2 * width_of(fields, "in_channels")
    layers = layer_count(fields) * encoder_layer(width, width_of(fields, "intermediate_size"))
    return projection(patch, width) + layers + layer_norm(width)


def _resampler(_root: Fields, text: Fields, tower: Fields) -> int:
    """Return what joins neighbouring patches, then neighbouring frames, and turns them to the text's width."""
    joined = width_of(tower) * width_of(tower, "spatial_merge_size") ** 2
    in_time = joined * width_of(tower, "temporal_merge_size")
    rest = projection(joined, joined, bias=True) + layer_norm(joined)
    hidden = hidden_size(text)
    return (
        projection(joined, joined, bias=True)
        + projection(in_time, joined, bias=True)
        + 2 * rest
        + projection(joined, hidden, bias=True)
        + hidden
    )


ERNIE4_5_VL_MOE_TEXT = replace(
    ERNIE4_5_MOE,
    model_types=("ernie4_5_vl_moe_text",),
    class_names=(),
    defaults={name: value for name, value in ERNIE4_5_MOE.defaults.items() if name != "moe_intermediate_size"},
    layers=_layers,
    experts=_experts,
    extras=no_extras,
)

ERNIE4_5_VL_MOE_VISION = Tower(
    model_types=("ernie4_5_vl_moe_vision",),
    defaults={
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "in_channels": 3,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_merge_size": 2,
    },
    parameters=_tower,
    aliases={"num_hidden_layers": ("depth",)},
)

ERNIE4_5_VL_MOE = Composite(
    model_types=("ernie4_5_vl_moe",),
    class_names=("Ernie4_5_VLMoeForConditionalGeneration", "Ernie4_5_VL_MoeForConditionalGeneration"),
    language_model=ERNIE4_5_VL_MOE_TEXT,
    vision=(AttachedTower(tower=ERNIE4_5_VL_MOE_VISION, projector=_resampler),),
    root_defaults={"tie_word_embeddings": True},
)

COMPOSITES = (ERNIE4_5_VL_MOE,)
