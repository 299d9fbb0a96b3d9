"""Mistral Large 4: latent attention over tokens that an indexer picks, with caches and picks shared among layers.

Queries are not compressed, and a learned scale and shift per head sharpen the softmax. A layer that
`kv_source_layers` makes a reader of another keeps no latent row and has no projection for it; `indexer_types` says
which layers pick tokens and which reuse the picks before them. Every `no_rope_layer_interval`-th layer has no
rotary part, whose width its plain part then takes. Images pass the tower of Pixtral. Defined by
MistralLarge4TextConfig, MistralLarge4Config and MistralLarge4ForConditionalGeneration of transformers.
"""

from collections.abc import Sequence

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.deepseek import deepseek_experts
from neuroscale.architecture.families.sparse_attention import REUSES_PICKS, indexer_differences
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.pixtral import PIXTRAL
from neuroscale.errors import InvalidInputError

_WITHOUT_ROTARY_PART = "no rotary part"
_READS_CACHE = "reads the cache of an earlier layer"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    kinds = typed_layers(
        fields,
        repeated("latent", layers),
        fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS),
    )
    differences = zip(
        _rotary_differences(fields, layers),
        _cache_differences(fields, layers),
        indexer_differences(fields, layers),
        strict=True,
    )
    return tuple(
        kind._replace(variant="; ".join(filter(None, parts)))
        for kind, parts in zip(kinds, differences, strict=True)
    )


def _rotary_differences(fields: Fields, layers: int) -> Sequence[str]:
    stated = fields.integers("no_rope_layers", maximum=1)
    if stated is None:
        period = fields.integer("no_rope_layer_interval", maximum=MAXIMUM_LAYERS)
        stated = tuple(int((index + 1) % period != 0) for index in range(layers))
    _check_length(fields, "no_rope_layers", len(stated), layers)
    return ["" if has_rotary_part else _WITHOUT_ROTARY_PART for has_rotary_part in stated]


def _cache_differences(fields: Fields, layers: int) -> Sequence[str]:
    sources = fields.integers("kv_source_layers", maximum=MAXIMUM_LAYERS)
    if sources is None:
        return [""] * layers
    _check_length(fields, "kv_source_layers", len(sources), layers)
    for index, source in enumerate(sources):
        if source > index or sources[source] != source:
            raise InvalidInputError(
                f"layer {index} cannot read the cache of layer {source}", field=fields.path("kv_source_layers")
            )
    return ["" if source == index else _READS_CACHE for index, source in enumerate(sources)]


def _check_length(fields: Fields, name: str, found: int, layers: int) -> None:
    if found != layers:
        raise InvalidInputError(f"has {found} entries for {layers} layers", field=fields.path(name))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, heads = hidden_size(fields), query_heads(fields)
    bias = fields.flag("attention_bias")
    rank = fields.integer("kv_lora_rank", maximum=MAXIMUM_WIDTH)
    rotary = fields.integer("qk_rope_head_dim", maximum=MAXIMUM_WIDTH)
    plain = fields.integer("qk_nope_head_dim", maximum=MAXIMUM_WIDTH)
    value = fields.integer("v_head_dim", maximum=MAXIMUM_WIDTH)
    queries = projection(hidden, heads * (plain + rotary))
    if _WITHOUT_ROTARY_PART in kind.variant:
        plain, rotary = plain + rotary, 0
    reads_cache = _READS_CACHE in kind.variant
    picks = REUSES_PICKS not in kind.variant
    own_row = () if reads_cache else (("self_attn.kv_a_proj_with_mqa", hidden * (rank + rotary)),)
    return AttentionBlock(
        weights=queries
        + (0 if reads_cache else projection(hidden, rank + rotary, bias=bias))
        + projection(rank, heads * (plain + value))
        + projection(heads * value, hidden, bias=bias)
        + 2 * heads,
        norms=0 if reads_cache else rank,
        head_dimension=plain + rotary,
        kv_heads=0 if reads_cache else 1,
        key_elements=0 if reads_cache else rank + rotary,
        value_elements=0,
        other=_indexer(fields) if picks else 0,
        indexer_elements=fields.integer("index_head_dim", maximum=MAXIMUM_WIDTH) if picks else 0,
        modules=(
            ("self_attn.q_proj", queries),
            *own_row,
            ("self_attn.kv_b_proj", rank * heads * (plain + value)),
            ("self_attn.o_proj", heads * value * hidden),
        ),
    )


def _indexer(fields: Fields) -> int:
    """Return the indexer: projections of queries, key and head weights, two layer norms, a scale and shift."""
    hidden = hidden_size(fields)
    heads = fields.integer("index_n_heads", maximum=MAXIMUM_HEADS)
    width = fields.integer("index_head_dim", maximum=MAXIMUM_WIDTH)
    return projection(hidden, heads * width + width + heads) + 2 * width + 2 * hidden + 2 * heads


def _vision(root: Fields) -> int:
    """Return the tower and a projector that merges neighbouring patches."""
    text = root.nested("text_config", MISTRAL_LARGE4.defaults)
    if text is None:
        raise UncountableError("text_config is missing")
    vision = root.nested("vision_config", PIXTRAL.defaults, PIXTRAL.aliases)
    if vision is None:
        vision = Fields(_VISION_WHEN_ABSENT, PIXTRAL.defaults, "vision_config")
    if vision.optional_text("model_type") not in {None, "pixtral"}:
        raise UncountableError("the vision tower (vision_config.model_type) is not the one of this family")
    known = root.with_defaults(MISTRAL_LARGE4.root_defaults or {})
    width, hidden, bias = width_of(vision), hidden_size(text), known.flag("multimodal_projector_bias")
    merged = width * width_of(known, "spatial_merge_size") ** 2
    stated = known.value("vision_feature_layer")[1]
    feature_layers = len(stated) if isinstance(stated, list | tuple) else 1
    return (
        PIXTRAL.parameters(vision)
        + width
        + projection(merged, width)
        + projection(width * feature_layers, hidden, bias=bias)
        + projection(hidden, hidden, bias=bias)
    )


_VISION_WHEN_ABSENT = {
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 30,
    "num_attention_heads": 16,
    "patch_size": 14,
}

MISTRAL_LARGE4 = Family(
    model_types=("mistral_large4",),
    class_names=("MistralLarge4ForConditionalGeneration",),
    defaults={
        "vocab_size": 204800,
        "hidden_size": 6144,
        "intermediate_size": 24576,
        "moe_intermediate_size": 6144,
        "num_hidden_layers": 72,
        "num_attention_heads": 64,
        "num_key_value_heads": 64,
        "n_shared_experts": 1,
        "n_routed_experts": 128,
        "num_experts_per_tok": 4,
        "first_k_dense_replace": 1,
        "kv_lora_rank": 512,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 64,
        "v_head_dim": 128,
        "max_position_embeddings": 1048576,
        "index_head_dim": 128,
        "index_n_heads": 32,
        "index_topk_freq": 1,
        "index_skip_topk_offset": 2,
        "no_rope_layer_interval": 4,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=deepseek_experts,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False, "spatial_merge_size": 2},
    vision=_vision,
)

FAMILIES = (MISTRAL_LARGE4,)
