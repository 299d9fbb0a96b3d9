"""Kimi-K3: delta attention with a few latent layers, experts that work in a latent width, and a MoonViT tower.

The delta attention has a full-rank output gate (`use_full_rank_gate`) or the low-rank one of Kimi-Linear, and the
latent layers an output gate of the values' width (`mla_use_output_gate`). With `routed_expert_hidden_size` one
projection leads into the latent width of the routed experts and one back, with a norm (`latent_moe_use_norm`). With
`attn_res_block_size` attention and feed-forward of each layer, and the end of the model, weigh earlier blocks by a
norm and a vector. Defined by KimiK3Config and
KimiK3ForConditionalGeneration of vLLM 0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    latent_attention,
    projection,
    query_heads,
    routed_experts,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.recurrent_blocks import kimi_delta_attention, mixer
from neuroscale.errors import InvalidInputError

_TEXT_DEFAULTS = {
    "vocab_size": 163840,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_shared_experts": 0,
    "first_k_dense_replace": 0,
    "moe_layer_freq": 1,
    "max_position_embeddings": 4096,
}
_VISION_DEFAULTS = {
    "patch_size": 14,
    "init_pos_emb_height": 64,
    "init_pos_emb_width": 64,
    "vt_num_hidden_layers": 27,
    "vt_hidden_size": 1024,
    "vt_intermediate_size": 4096,
    "mm_projector_type": "patchmergerv2",
    "qkv_hidden_size": 1536,
    "norm_type": "rmsnorm",
    "attn_bias": False,
    "patch_embed_proj_bias": False,
    "mlp_type": "mlp2",
    "linear_bias": False,
}
_MERGED_PATCHES = (2, 2)
_VECTORS_PER_NORM = {"rmsnorm": 1, "layernorm": 2}
_RESIDUAL_WEIGHTS_PER_LAYER = 2


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    stated = fields.nested("linear_attn_config")
    numbers = () if stated is None else stated.integers("kda_layers", maximum=MAXIMUM_LAYERS) or ()
    first = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS) or 0
    period = fields.integer("moe_layer_freq", maximum=MAXIMUM_LAYERS)
    has_experts = routed_experts(fields) > 0
    sparse = [has_experts and index >= first and index % period == 0 for index in range(layer_count(fields))]
    return tuple(
        LayerKind("linear" if index + 1 in numbers else "latent", dense=not experts, experts=experts)
        for index, experts in enumerate(sparse)
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "linear":
        return _delta_attention(fields)
    if not fields.flag("mla_use_nope"):
        raise UncountableError("latent attention with rotary positions (mla_use_nope) is not covered")
    block = latent_attention(fields, kind)
    if not fields.flag("mla_use_output_gate"):
        return block
    values = query_heads(fields) * fields.integer("v_head_dim", maximum=MAXIMUM_WIDTH)
    return replace(block, weights=block.weights + projection(hidden_size(fields), values))


def _delta_attention(fields: Fields) -> AttentionBlock:
    stated = fields.nested("linear_attn_config") or Fields({}, path="linear_attn_config")
    heads, head = (
        stated.integer("num_heads", maximum=MAXIMUM_HEADS),
        stated.integer("head_dim", maximum=MAXIMUM_WIDTH),
    )
    kernel = stated.integer("short_conv_kernel_size", maximum=MAXIMUM_WIDTH)
    if not stated.flag("use_full_rank_gate"):
        return kimi_delta_attention(fields, heads=heads, head=head, kernel=kernel)
    hidden, width = hidden_size(fields), heads * head
    return mixer(
        weights=projection(hidden, 4 * width + head + heads)
        + projection(head, width)
        + 3 * width * kernel
        + width
        + heads
        + projection(width, hidden),
        norms=head,
        head_dimension=head,
        convolved=3 * width,
        kernel=kernel,
        state=width * head,
        heads=heads,
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    hidden = hidden_size(fields)
    latent = fields.optional_integer("routed_expert_hidden_size", maximum=MAXIMUM_WIDTH, minimum=1)
    block = expert_feed_forward(fields, kind, shared_width=_shared_width, expert_input=latent)
    if latent is None:
        return block
    norm = latent if fields.flag("latent_moe_use_norm") else 0
    return replace(block, other=block.other + projection(hidden, latent) + projection(latent, hidden) + norm)


def _shared_width(fields: Fields, intermediate: int) -> int:
    return intermediate * (fields.optional_integer("num_shared_experts", maximum=MAXIMUM_EXPERTS) or 0)


def _weighs_earlier_blocks(fields: Fields) -> bool:
    return fields.optional_integer("attn_res_block_size", maximum=MAXIMUM_LAYERS, minimum=1) is not None


def _norms(fields: Fields, _kind: LayerKind) -> int:
    return 4 if _weighs_earlier_blocks(fields) else 2


def _final_norms(fields: Fields) -> int:
    return 2 if _weighs_earlier_blocks(fields) else 1


def _extras(fields: Fields) -> Extras:
    if not _weighs_earlier_blocks(fields):
        return Extras()
    return Extras(other=(_RESIDUAL_WEIGHTS_PER_LAYER * layer_count(fields) + 1) * hidden_size(fields))


def _tower(root: Fields) -> int:
    text = root.nested("text_config", _TEXT_DEFAULTS)
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    if text is None:
        raise UncountableError("text_config is missing")
    if vision.optional_text("mlp_type") != "mlp2" or vision.optional_text("norm_type") not in _VECTORS_PER_NORM:
        raise UncountableError("the blocks of the vision tower (mlp_type, norm_type) are not known")
    width = vision.integer("vt_hidden_size", maximum=MAXIMUM_WIDTH)
    intermediate = vision.integer("vt_intermediate_size", maximum=MAXIMUM_WIDTH)
    patch = vision.integer("patch_size", maximum=MAXIMUM_WIDTH)
    queries = vision.optional_integer("qkv_hidden_size", maximum=MAXIMUM_WIDTH, minimum=1) or width
    norm = width * _VECTORS_PER_NORM[vision.optional_text("norm_type") or ""]
    attention_bias, bias = vision.flag("attn_bias"), vision.flag("linear_bias")
    positions = vision.integer("init_pos_emb_height", maximum=MAXIMUM_WIDTH) * vision.integer(
        "init_pos_emb_width", maximum=MAXIMUM_WIDTH
    )
    layer = (
        projection(width, 3 * queries, bias=attention_bias)
        + projection(queries, width, bias=attention_bias)
        + projection(width, intermediate, bias=bias)
        + projection(intermediate, width, bias=bias)
        + 2 * norm
    )
    return (
        projection(3 * patch * patch, width, bias=vision.flag("patch_embed_proj_bias"))
        + positions * width
        + vision.integer("vt_num_hidden_layers", maximum=MAXIMUM_LAYERS) * layer
        + norm
        + _projector(vision, width, hidden_size(text))
    )


def _projector(vision: Fields, width: int, hidden: int) -> int:
    merge = vision.integers("merge_kernel_size", maximum=MAXIMUM_LAYERS, minimum=1) or _MERGED_PATCHES
    if len(merge) != len(_MERGED_PATCHES):
        raise InvalidInputError("must have two entries", field=vision.path("merge_kernel_size"))
    merged = width * merge[0] * merge[1]
    if vision.optional_text("mm_projector_type") == "patchmergerv2":
        return projection(merged, merged) + projection(merged, hidden) + hidden
    return 2 * width + projection(merged, merged, bias=True) + projection(merged, hidden, bias=True)


KIMI_K3 = Family(
    model_types=("kimi_k3",),
    class_names=("KimiK3ForConditionalGeneration",),
    defaults=_TEXT_DEFAULTS,
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=_experts,
    norms_per_layer=_norms,
    final_norms=_final_norms,
    extras=_extras,
    can_tie=False,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=_tower,
    prediction=counted_layers_only,
)

FAMILIES = (KIMI_K3,)
