"""dots3-note: latent attention in two shapes, one with an indexer over all tokens and one in a sliding window.

Sliding layers have heads and ranks of their own: in `swa_*` of published files, in `per_layer_config` of those that
transformers saved. Every layer has a gate per head on its output and a norm of the shared rotary key. The first two
layers and every fourth from the second on see all tokens; they pick those by the indexer of DeepSeek-V3.2 unless
`use_dsa` is false. Published files keep the language model in the root, beside a vision tower whose last layers
have routed experts and an audio tower; the class of their `architectures`, Dots3NoteForCausalLM, is that of the
whole model in vLLM and of the language model alone in transformers.

The cache of vLLM 0.33.0 pads the rows of all layers to those of the sliding ones. Defined by Dots3NoteConfig,
Dots3NoteTextConfig and their classes of transformers; the cache by vllm/models/dots3_note.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    latent_attention,
    projection,
    query_heads,
)
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.sparse_attention import with_indexer
from neuroscale.architecture.fields import (
    MAXIMUM_EXPERTS,
    MAXIMUM_LAYERS,
    MAXIMUM_TOKENS,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import layer_count, typed_layers
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.towers.dots3_note import DOTS3_NOTE_AUDIO, DOTS3_NOTE_VISION
from neuroscale.errors import InvalidInputError

_INDEXED, _FULL, _SLIDING = "indexed_attention", "full_attention", "sliding_attention"
_BY_LAYER = "per_layer_config"
_SLIDING_SIZES = (
    "num_attention_heads",
    "q_lora_rank",
    "kv_lora_rank",
    "qk_rope_head_dim",
    "qk_nope_head_dim",
    "v_head_dim",
)
_GATE_NAMES = ("attention_gate_type", "swa_attention_gate_type")


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    for name in _GATE_NAMES:
        if fields.optional_text(name) not in {None, "headwise"}:
            raise UncountableError(f"a gate that is not per head ({name}) is not covered")
    types = _layer_types(fields)
    kinds: tuple[AttentionKind, ...] = tuple("sliding" if name == _SLIDING else "latent" for name in types)
    by_layer = fields.nested(_BY_LAYER)
    own = {} if by_layer is None else {index: name for index, name in enumerate(types) if by_layer.has(str(index))}
    if set(own.values()) - {_SLIDING}:
        raise UncountableError("sizes of a layer's own (per_layer_config) are covered for sliding layers only")
    variants = (f"{name} {index}" if index in own else name for index, name in enumerate(types))
    return tuple(
        kind._replace(variant=variant)
        for kind, variant in zip(_feed_forwards(fields, kinds), variants, strict=True)
    )


def _layer_types(fields: Fields) -> tuple[str, ...]:
    layers = layer_count(fields)
    all_tokens = _INDEXED if fields.flag("use_dsa") else _FULL
    stated = fields.texts("layer_types")
    if stated is None:
        has_window = fields.flag("use_sliding_window")
        return tuple(
            all_tokens if not has_window or index < 2 or index % 4 == 1 else _SLIDING for index in range(layers)
        )
    if len(stated) != layers:
        raise InvalidInputError(f"has {len(stated)} entries for {layers} layers", field=fields.path("layer_types"))
    if unknown := set(stated) - {_INDEXED, _FULL, _SLIDING}:
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    if fields.has(_BY_LAYER) and not fields.has("use_dsa"):
        return stated
    return tuple(_SLIDING if name == _SLIDING else all_tokens for name in stated)


def _feed_forwards(fields: Fields, kinds: tuple[AttentionKind, ...]) -> tuple[LayerKind, ...]:
    if fields.has("mlp_layer_types"):
        return typed_layers(fields, kinds, 0)
    first = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    name = "moe_layer_freq"
    if isinstance(fields.value(name)[1], list | tuple):
        switches = fields.integers(name, maximum=1) or ()
        if len(switches) != len(kinds):
            raise InvalidInputError(f"has {len(switches)} entries for {len(kinds)} layers", field=fields.path(name))
    else:
        step = fields.integer(name, maximum=MAXIMUM_LAYERS)
        switches = tuple(int(index % step == 0) for index in range(len(kinds)))
    is_sparse = [index >= first and bool(switch) for index, switch in enumerate(switches)]
    return tuple(
        LayerKind(kind, dense=not sparse, experts=sparse) for kind, sparse in zip(kinds, is_sparse, strict=True)
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "sliding":
        return _sliding_attention(fields, kind)
    block = _gated(latent_attention(fields, kind), hidden_size(fields), query_heads(fields), _rotary(fields))
    if kind.variant == _FULL:
        return block
    return replace(with_indexer(fields, block), key_elements=max(_sliding_row(fields), block.key_elements))


def _sliding_row(fields: Fields) -> int:
    """Return the widest cached row of a sliding layer; 0 when the file has none with sizes of their own."""
    by_layer = fields.nested(_BY_LAYER)
    indices = (
        [""]
        if by_layer is None
        else [str(index) for index in range(layer_count(fields)) if by_layer.has(str(index))]
    )
    kinds = [
        LayerKind("sliding", dense=False, experts=False, variant=f"{_SLIDING} {index}".strip()) for index in indices
    ]
    return max((_sliding_attention(fields, kind).key_elements for kind in kinds), default=0)


def _sliding_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    own = _sliding_fields(fields, kind)
    block = _gated(latent_attention(own, kind), hidden_size(fields), query_heads(own), _rotary(own))
    window = fields.optional_integer("sliding_window", "sliding_window_size", maximum=MAXIMUM_TOKENS, minimum=1)
    return replace(block, window_tokens=window)


def _sliding_fields(fields: Fields, kind: LayerKind) -> Fields:
    """Return the sizes of a sliding layer, under the names that those of the other layers have."""
    _, _, index = kind.variant.partition(" ")
    by_layer = fields.nested(_BY_LAYER)
    own = by_layer.nested(index) if by_layer is not None and index else None
    common = {"hidden_size": hidden_size(fields), "attention_bias": fields.flag("attention_bias")}
    if own is not None:
        sizes = {name: own.value(name)[1] if own.has(name) else fields.value(name)[1] for name in _SLIDING_SIZES}
        return Fields({**common, **sizes}, path=fields.path(_BY_LAYER))
    sizes = {name: fields.value(f"swa_{name}")[1] for name in _SLIDING_SIZES}
    if sizes["qk_rope_head_dim"] is None:
        plain = fields.integer("swa_qk_nope_head_dim", minimum=0, maximum=MAXIMUM_WIDTH)
        head = fields.integer("swa_head_dim", maximum=MAXIMUM_WIDTH)
        if plain > head:
            raise InvalidInputError(f"is more than the head of {head}", field=fields.path("swa_qk_nope_head_dim"))
        sizes["qk_rope_head_dim"] = head - plain
    return Fields({**common, **sizes}, path=fields.path("swa_*"))


def _rotary(fields: Fields) -> int:
    return fields.integer("qk_rope_head_dim", minimum=0, maximum=MAXIMUM_WIDTH)


def _gated(block: AttentionBlock, hidden: int, heads: int, rotary: int) -> AttentionBlock:
    """Return latent attention with a gate per head and the norm of its rotary key."""
    gate = projection(hidden, heads)
    return replace(
        block,
        weights=block.weights + gate,
        norms=block.norms + rotary,
        modules=(*block.modules, ("self_attn.g_proj", gate)),
    )


def _shared_width(fields: Fields, _intermediate: int) -> int:
    names = ("moe_shared_expert_intermediate_size", "shared_experts_intermediate_size")
    return fields.integer(*names, maximum=MAXIMUM_WIDTH) * fields.integer(
        "n_shared_experts", maximum=MAXIMUM_EXPERTS
    )


DOTS3_NOTE_TEXT = Family(
    model_types=("dots3_note_text",),
    class_names=("Dots3NoteForCausalLM",),
    defaults={
        "vocab_size": 152064,
        "hidden_size": 5120,
        "intermediate_size": 13824,
        "moe_intermediate_size": 1536,
        "num_hidden_layers": 46,
        "num_attention_heads": 128,
        "num_key_value_heads": 128,
        "n_shared_experts": 1,
        "n_routed_experts": 256,
        "num_experts_per_tok": 8,
        "shared_experts_intermediate_size": 1536,
        "first_k_dense_replace": 1,
        "moe_layer_freq": 1,
        "kv_lora_rank": 512,
        "q_lora_rank": 1024,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
        "swa_num_attention_heads": 64,
        "swa_q_lora_rank": 1024,
        "swa_kv_lora_rank": 1024,
        "swa_head_dim": 256,
        "swa_qk_nope_head_dim": 192,
        "swa_v_head_dim": 128,
        "sliding_window": 512,
        "use_dsa": True,
        "use_sliding_window": True,
        "index_head_dim": 128,
        "index_n_heads": 64,
        "max_position_embeddings": 524288,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=lambda fields, kind: expert_feed_forward(fields, kind, shared_width=_shared_width),
    prediction=counted_layers_only,
)


def _inside_tower(_root: Fields, _text: Fields, _tower: Fields) -> int:
    """Return nothing: the towers count their adapters."""
    return 0


DOTS3_NOTE = Composite(
    model_types=("dots3_note",),
    class_names=("Dots3NoteForCausalLM", "Dots3NoteForConditionalGeneration"),
    language_model=DOTS3_NOTE_TEXT,
    vision=(AttachedTower(tower=DOTS3_NOTE_VISION, projector=_inside_tower),),
    audio=(AttachedTower(tower=DOTS3_NOTE_AUDIO, projector=_inside_tower, tower_field="audio_config"),),
    text_in_root=True,
)

FAMILIES = (DOTS3_NOTE_TEXT,)
COMPOSITES = (DOTS3_NOTE,)
