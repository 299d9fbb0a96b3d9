"""MiniMax-M3: attention over blocks of tokens that an indexer picks, experts beside a shared one, a vision tower.

`layer_types` or `sparse_attention_config.sparse_attention_freq` says which layers have an indexer,
`mlp_layer_types` or `moe_layer_freq` which have experts. `intermediate_size` is the width of one expert. The
indexer caches one key per token. The projector works on each patch and again on the merged ones. Draft layers are
MoE layers with an indexer. Defined by MiniMaxM3VLTextConfig, MiniMaxM3VLConfig and their model classes of
transformers, the draft layers by vLLM 0.33.0, models/minimax_m3.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
    shared_expert_width,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.module_renaming import BLOCK_SPARSE_NAMES, under_names
from neuroscale.architecture.tower import encoder_layer, layer_norm, width_of
from neuroscale.errors import InvalidInputError

_PICKS = "picks blocks of tokens"
_ATTENTION = {"full_attention": "", "minimax_m3_sparse": _PICKS}
_FEED_FORWARD = {"dense": True, "sparse": False}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    variants = _attention_variants(fields, layers)
    dense = _dense_layers(fields, layers)
    return tuple(
        LayerKind("full", dense=is_dense, experts=not is_dense, variant=variant)
        for variant, is_dense in zip(variants, dense, strict=True)
    )


def _attention_variants(fields: Fields, layers: int) -> Sequence[str]:
    names = fields.texts("layer_types")
    if names is not None:
        _check_length(fields, "layer_types", len(names), layers)
        if unknown := set(names) - _ATTENTION.keys():
            raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
        return [_ATTENTION[name] for name in names]
    nested = fields.nested("sparse_attention_config")
    stated = None if nested is None else nested.integers("sparse_attention_freq", maximum=1)
    if nested is None or stated is None:
        return [""] * layers
    _check_length(nested, "sparse_attention_freq", len(stated), layers)
    return [_PICKS if picks else "" for picks in stated]


def _dense_layers(fields: Fields, layers: int) -> Sequence[bool]:
    names = fields.texts("mlp_layer_types")
    if names is not None:
        _check_length(fields, "mlp_layer_types", len(names), layers)
        if unknown := set(names) - _FEED_FORWARD.keys():
            raise UncountableError(f"the feed-forward type {min(unknown)!r} is not known for this family")
        return [_FEED_FORWARD[name] for name in names]
    stated = fields.integers("moe_layer_freq", maximum=1)
    if stated is None:
        return [False] * layers
    _check_length(fields, "moe_layer_freq", len(stated), layers)
    return [not has_experts for has_experts in stated]


def _check_length(fields: Fields, name: str, found: int, layers: int) -> None:
    if found != layers:
        raise InvalidInputError(f"has {found} entries for {layers} layers", field=fields.path(name))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(fields, kind, head_norm="head")
    if kind.variant != _PICKS:
        return block
    nested = fields.nested("sparse_attention_config")
    heads = width = None
    if nested is not None:
        heads = nested.optional_integer("sparse_num_index_heads", maximum=MAXIMUM_HEADS, minimum=1)
        width = nested.optional_integer("sparse_index_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    heads = heads or fields.integer("index_n_heads", maximum=MAXIMUM_HEADS)
    width = width or fields.integer("index_head_dim", maximum=MAXIMUM_WIDTH)
    indexer = projection(hidden_size(fields), (heads + 1) * width) + 2 * width
    return replace(block, other=indexer, indexer_elements=width)


_experts = under_names(
    partial(
        expert_feed_forward,
        width="intermediate_size",
        shared_width=partial(shared_expert_width, width="shared_intermediate_size"),
        shared_module="block_sparse_moe.shared_experts",
    ),
    BLOCK_SPARSE_NAMES,
)


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    layers = fields.optional_integer("num_mtp_modules", maximum=MAXIMUM_LAYERS) or 0
    if not layers:
        return None
    kind, hidden = LayerKind("full", dense=False, experts=True, variant=_PICKS), hidden_size(fields)
    attention, experts = _attention(fields, kind), _experts(fields, kind)
    layer = attention.weights + attention.norms + attention.other + experts.router + experts.routed + experts.shared
    return MultiTokenPrediction(layers, layers * (layer + projection(2 * hidden, hidden) + 5 * hidden))


def _vision(root: Fields) -> int:
    """Return the tower, which has no table of positions, and the projector."""
    vision = root.nested("vision_config", _VISION_DEFAULTS) or Fields({}, _VISION_DEFAULTS, "vision_config")
    text = root.nested("text_config", MINIMAX_M3_VL_TEXT.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    width, patch, hidden = width_of(vision), width_of(vision, "patch_size"), hidden_size(text)
    voxels = width_of(vision, "num_channels") * width_of(vision, "temporal_patch_size") * patch * patch
    projector = width_of(root.with_defaults(MINIMAX_M3_VL.root_defaults or {}), "projector_hidden_size")
    merged = hidden * width_of(vision, "spatial_merge_size") ** 2
    return (
        projection(voxels, width)
        + layer_norm(width)
        + layer_count(vision) * encoder_layer(width, width_of(vision, "intermediate_size"))
        + projection(width, projector, bias=True)
        + projection(merged, projector, bias=True)
        + 2 * projection(projector, hidden, bias=True)
    )


_VISION_DEFAULTS = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_channels": 3,
    "patch_size": 14,
    "temporal_patch_size": 2,
    "spatial_merge_size": 2,
}

MINIMAX_M3_VL_TEXT = Family(
    model_types=("minimax_m3_vl_text",),
    class_names=("MiniMaxM3VLForCausalLM", "MiniMaxM3SparseForCausalLM"),
    defaults={
        "vocab_size": 200064,
        "hidden_size": 6144,
        "intermediate_size": 3072,
        "dense_intermediate_size": 12288,
        "shared_intermediate_size": 3072,
        "num_hidden_layers": 60,
        "num_attention_heads": 64,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "max_position_embeddings": 524288,
        "num_local_experts": 128,
        "num_experts_per_tok": 4,
        "index_n_heads": 4,
        "index_head_dim": 128,
    },
    layers=_layers,
    attention=_attention,
    dense=partial(dense_feed_forward, width="dense_intermediate_size"),
    experts=_experts,
    prediction=_prediction,
)

MINIMAX_M3_VL = replace(
    MINIMAX_M3_VL_TEXT,
    model_types=("minimax_m3_vl",),
    class_names=("MiniMaxM3SparseForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False, "projector_hidden_size": 6144},
    text_may_tie=True,
    vision=_vision,
)

FAMILIES = (MINIMAX_M3_VL_TEXT, MINIMAX_M3_VL)
