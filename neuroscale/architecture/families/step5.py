"""Step 5: full and sliding layers of their own head shapes, a gate per head, experts with one shared expert.

With `sparse_config` the full layers choose regions of eight tokens by an indexer: projections of its queries, its
keys and what compresses them, one weight per hidden element and indexer head, two norms (the second with bias), and
one number per query head. It keeps one summary per region. `moe_layers_enum` or `moe_layer_list` names the layers
with experts, all but the first without either. The lists of layers go on over the draft layers. Defined by
Step5Config, Step5VLConfig and Step5ForCausalLM of vLLM 0.33.0.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    head_dimension,
    hidden_size,
    key_value_heads,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.towers.perception_encoder import perception_encoder
from neuroscale.errors import InvalidInputError

_KINDS: dict[str, AttentionKind] = {"full_attention": "full", "sliding_attention": "sliding"}
_TOKENS_PER_REGION = 8
_INDEXER_DEFAULTS = {
    "enabled": True,
    "proxy_dim": 256,
    "sparse_indexer_num_heads": 16,
    "sparse_indexer_num_k_heads": 1,
}
ALIASES = {"num_key_value_heads": ("num_attention_groups",), "max_position_embeddings": ("max_seq_len",)}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    listed = {layers, layers + (counted.layers if (counted := counted_layers_only(fields)) else 0)}
    names = fields.texts("layer_types_with_mtp") or fields.texts("layer_types") or ("full_attention",) * layers
    if len(names) not in listed:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path("layer_types"))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    sparse = _layers_with_experts(fields, layers)
    return tuple(
        LayerKind(_KINDS[name], dense=index not in sparse, experts=index in sparse)
        for index, name in enumerate(names[:layers])
    )


def _layers_with_experts(fields: Fields, layers: int) -> frozenset[int]:
    for name in ("moe_layers_enum", "moe_layer_list"):
        stated = fields.value(name)[1]
        if stated is None:
            continue
        if not isinstance(stated, str):
            return frozenset(fields.integers(name, maximum=MAXIMUM_LAYERS) or ())
        parts = [part.strip() for part in (fields.optional_text(name) or "").split(",") if part.strip()]
        if not all(part.isdecimal() for part in parts):
            raise InvalidInputError("must list layers, such as 3,4,5", field=fields.path(name))
        return frozenset(int(part) for part in parts)
    return frozenset(range(1, layers))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, (heads, kv_heads, head) = hidden_size(fields), _heads(fields, kind)
    gate = heads if fields.flag("use_head_wise_attn_gate") else 0
    indexer = _indexer(fields) if kind.attention == "full" else None
    return AttentionBlock(
        weights=projection(hidden, (heads + 2 * kv_heads) * head + gate)
        + projection(heads * head, hidden)
        + (0 if indexer is None else heads),
        norms=2 * head,
        head_dimension=head,
        kv_heads=kv_heads,
        key_elements=head,
        value_elements=head,
        window_tokens=_window(fields) if kind.attention == "sliding" else None,
        other=0 if indexer is None else _indexer_parameters(indexer, hidden),
        indexer_elements=0 if indexer is None else _indexer_width(indexer) // _TOKENS_PER_REGION,
        query_heads=heads,
        modules=(
            ("self_attn.q_proj", hidden * heads * head),
            ("self_attn.k_proj", hidden * kv_heads * head),
            ("self_attn.v_proj", hidden * kv_heads * head),
            ("self_attn.o_proj", heads * head * hidden),
            *((("self_attn.g_proj", hidden * gate),) if gate else ()),
        ),
    )


def _window(fields: Fields) -> int | None:
    return fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS, minimum=1)


def _heads(fields: Fields, kind: LayerKind) -> tuple[int, int, int]:
    """Return query heads, key/value heads and the width of a head of one kind of layer."""
    stated, other = fields, fields.nested("attention_other_setting", aliases=ALIASES)
    if other is not None and _KINDS.get(other.optional_text("attention_type") or "") == kind.attention:
        stated = other
    shape = (
        query_heads(stated),
        key_value_heads(stated),
        head_dimension(stated if stated.has("head_dim") else fields),
    )
    if kind.attention != "sliding" or _window(fields) is None:
        return shape
    return fields.optional_integer("swa_num_attention_heads", maximum=MAXIMUM_HEADS, minimum=1) or shape[0], *shape[
        1:
    ]


def _indexer(fields: Fields) -> Fields | None:
    indexer = fields.nested("sparse_config", _INDEXER_DEFAULTS)
    return indexer if indexer is not None and indexer.flag("enabled") else None


def _indexer_width(indexer: Fields) -> int:
    return indexer.integer("proxy_dim", maximum=MAXIMUM_WIDTH)


def _indexer_parameters(indexer: Fields, hidden: int) -> int:
    width = _indexer_width(indexer)
    heads = indexer.integer("sparse_indexer_num_heads", maximum=MAXIMUM_HEADS)
    key_heads = indexer.integer("sparse_indexer_num_k_heads", maximum=MAXIMUM_HEADS)
    return projection(hidden, (heads + 2 * key_heads) * width) + projection(hidden, heads) + 3 * width


def _shared_width(fields: Fields, intermediate: int) -> int:
    stated = fields.optional_integer("share_expert_dim", maximum=MAXIMUM_WIDTH)
    return intermediate * fields.integer("moe_top_k", maximum=MAXIMUM_WIDTH) if stated is None else stated


STEP5 = Family(
    model_types=("step5",),
    class_names=("Step5ForCausalLM",),
    defaults={
        "hidden_size": 5120,
        "intermediate_size": 13312,
        "num_attention_heads": 40,
        "num_attention_groups": 8,
        "num_hidden_layers": 48,
        "max_seq_len": 4096,
        "vocab_size": 65536,
        "moe_intermediate_size": 10240,
        "moe_num_experts": 16,
        "moe_top_k": 4,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=partial(
        expert_feed_forward,
        shared_width=_shared_width,
        module="moe",
        shared_module="moe.share_expert",
    ),
    prediction=counted_layers_only,
    aliases=ALIASES,
)


def _vision(root: Fields) -> int:
    text = root.nested("text_config", STEP5.defaults, ALIASES)
    if text is None:
        raise UncountableError("text_config is missing")
    return perception_encoder(root, text)


STEP5_VL = replace(
    STEP5,
    model_types=("step5_vl",),
    class_names=("Step5ForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=_vision,
)

FAMILIES = (STEP5, STEP5_VL)
