"""Moondream 3: a decoder whose attention and feed-forward share one norm, with experts from a start layer on.

Queries and values are scaled by weights learned per head from queries, keys and values (tau). Norms, projections,
router and output head have biases, experts have none. The published file keeps the language model in `config.text`,
with its experts in `moe`, and the vision tower in `config.vision`; the projector reads two views of an image.

Defined by Moondream3Config and Moondream3ForCausalLM of vLLM 0.33.0.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    hidden_size,
    key_value_heads,
    multi_head_attention,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import encoder_layer, layer_norm, width_of
from neuroscale.errors import InvalidInputError

_EXPERT_DEFAULTS = {"start_layer": 4, "n_experts": 64, "n_experts_per_tok": 8, "expert_inner_dim": 1024}
_VISION_DEFAULTS = {
    "enc_dim": 1152,
    "enc_patch_size": 14,
    "enc_n_layers": 27,
    "enc_ff_dim": 4304,
    "proj_inner_dim": 8192,
    "crop_size": 378,
}
_COLOURS = 3


def _moe(fields: Fields) -> Fields:
    return fields.nested("moe", _EXPERT_DEFAULTS) or Fields({}, _EXPERT_DEFAULTS, fields.path("moe"))


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    first = _moe(fields).integer("start_layer", minimum=0, maximum=MAXIMUM_LAYERS)
    return tuple(
        LayerKind("full", dense=index < first, experts=index >= first) for index in range(layer_count(fields))
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = multi_head_attention(fields, kind, kv_heads=key_value_heads(fields))
    heads = query_heads(fields)
    return replace(block, other=heads + 2 * heads * 3 * hidden_size(fields))


def _experts(fields: Fields, _kind: LayerKind) -> ExpertsBlock:
    moe, hidden = _moe(fields), hidden_size(fields)
    experts = moe.integer("n_experts", maximum=MAXIMUM_EXPERTS)
    chosen = moe.integer("n_experts_per_tok", maximum=MAXIMUM_EXPERTS)
    if chosen > experts:
        raise InvalidInputError(
            f"{chosen} experts per token cannot be chosen among {experts}", field=moe.path("n_experts_per_tok")
        )
    width = moe.integer("expert_inner_dim", maximum=MAXIMUM_WIDTH)
    return ExpertsBlock(
        routed_experts=experts,
        experts_per_token=chosen,
        intermediate_size=width,
        shared_intermediate_size=0,
        router=projection(hidden, experts, bias=True),
        routed=experts * 3 * hidden * width,
        shared=0,
    )


def _vision(root: Fields) -> int:
    fields = root.nested("vision", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, root.path("vision"))
    text = root.nested("text", {"hidden_size": MOONDREAM3.defaults["hidden_size"]}, MOONDREAM3.aliases)
    width, patch = width_of(fields, "enc_dim"), width_of(fields, "enc_patch_size")
    layers = fields.integer("enc_n_layers", maximum=MAXIMUM_LAYERS)
    inner = width_of(fields, "proj_inner_dim")
    side = width_of(fields, "crop_size") // patch
    hidden = hidden_size(text or Fields({}))
    return (
        projection(_COLOURS * patch * patch, width, bias=True)
        + side * side * width
        + layers * encoder_layer(width, width_of(fields, "enc_ff_dim"))
        + layer_norm(width)
        + projection(2 * width, inner, bias=True)
        + projection(inner, hidden, bias=True)
    )


MOONDREAM3 = Family(
    model_types=("moondream3",),
    class_names=("HfMoondream", "Moondream3ForCausalLM"),
    defaults={
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 24,
        "vocab_size": 51200,
        "max_position_embeddings": 4096,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
    },
    layers=_layers,
    attention=_attention,
    dense=partial(dense_feed_forward, bias=True, matrices=2),
    experts=_experts,
    norms_per_layer=1,
    vectors_per_norm=2,
    head_bias=True,
    can_tie=False,
    part_field="config",
    text_field="text",
    root_defaults={},
    vision=_vision,
    aliases={
        "hidden_size": ("dim",),
        "intermediate_size": ("ff_dim",),
        "num_hidden_layers": ("n_layers",),
        "num_attention_heads": ("n_heads",),
        "num_key_value_heads": ("n_kv_heads",),
        "max_position_embeddings": ("max_context",),
    },
)

FAMILIES = (MOONDREAM3,)
