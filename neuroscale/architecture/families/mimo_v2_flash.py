"""MiMo-V2-Flash: sliding layers with twice the key/value heads and a sink per head, and narrower values than keys.

Published files give the layers in `hybrid_layer_pattern` (1 slides) and `moe_layer_freq` (1 has experts), and
repeat the shape of sliding layers in `swa_*` fields. Where those contradict what the class builds, nothing is
counted. Defined by MiMoV2FlashConfig and MiMoV2FlashForCausalLM of transformers.
"""

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
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, stated_attention_kinds, typed_layers
from neuroscale.architecture.model import AttentionKind
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    pattern = _pattern(fields, "hybrid_layer_pattern", layers)
    if pattern is None:
        default: tuple[AttentionKind, ...] = tuple(
            "full" if index == 0 or (index + 1) % 6 == 0 else "sliding" for index in range(layers)
        )
        kinds = stated_attention_kinds(fields) or default
    else:
        kinds = tuple("sliding" if slides else "full" for slides in pattern)
    sparse = _pattern(fields, "moe_layer_freq", layers)
    if sparse is None:
        return typed_layers(fields, kinds, 1)
    return tuple(
        LayerKind(kind, dense=not has_experts, experts=bool(has_experts))
        for kind, has_experts in zip(kinds, sparse, strict=True)
    )


def _pattern(fields: Fields, name: str, layers: int) -> tuple[int, ...] | None:
    pattern = fields.integers(name, maximum=1)
    if pattern is not None and len(pattern) != layers:
        raise InvalidInputError(f"has {len(pattern)} entries for {layers} layers", field=fields.path(name))
    return pattern


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    slides = kind.attention == "sliding"
    hidden, heads, width = hidden_size(fields), query_heads(fields), head_dimension(fields)
    kv_heads = key_value_heads(fields) * (2 if slides else 1)
    value_width = fields.integer("v_head_dim", maximum=MAXIMUM_WIDTH)
    built = {
        "swa_num_attention_heads": heads,
        "swa_num_key_value_heads": 2 * key_value_heads(fields),
        "swa_head_dim": width,
        "swa_v_head_dim": value_width,
    }
    for name, size in built.items():
        if fields.optional_integer(name, maximum=MAXIMUM_WIDTH) not in {None, size}:
            raise UncountableError(f"{name} is not the {size} that the class builds")
    if fields.flag("add_full_attention_sink_bias") or not fields.flag("add_swa_attention_sink_bias"):
        raise UncountableError("sinks elsewhere than in sliding layers are not covered")
    bias = fields.flag("attention_bias")
    return AttentionBlock(
        weights=projection(hidden, (heads + kv_heads) * width + kv_heads * value_width, bias=bias)
        + projection(heads * value_width, hidden)
        + (heads if slides else 0),
        norms=0,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=value_width,
        window_tokens=attention_window(fields, kind),
        modules=(
            ("self_attn.q_proj", hidden * heads * width),
            ("self_attn.k_proj", hidden * kv_heads * width),
            ("self_attn.v_proj", hidden * kv_heads * value_width),
            ("self_attn.o_proj", heads * value_width * hidden),
        ),
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    if fields.optional_integer("n_shared_experts", maximum=MAXIMUM_EXPERTS):
        raise UncountableError("shared experts (n_shared_experts) are not covered")
    return expert_feed_forward(fields, kind)


MIMO_V2_FLASH = Family(
    model_types=("mimo_v2_flash",),
    class_names=("MiMoV2FlashForCausalLM",),
    defaults={
        "vocab_size": 152576,
        "hidden_size": 4096,
        "intermediate_size": 16384,
        "moe_intermediate_size": 2048,
        "num_hidden_layers": 48,
        "num_attention_heads": 64,
        "num_key_value_heads": 4,
        "head_dim": 192,
        "v_head_dim": 128,
        "max_position_embeddings": 131072,
        "num_experts_per_tok": 8,
        "n_routed_experts": 256,
        "sliding_window": 129,
        "add_swa_attention_sink_bias": True,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=_experts,
)

FAMILIES = (MIMO_V2_FLASH,)
