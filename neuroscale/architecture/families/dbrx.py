"""DBRX: experts in every layer, whose facts are kept in `ffn_config` and `attn_config`.

The class refuses tied embeddings. Defined by DbrxConfig, DbrxAttentionConfig, DbrxFFNConfig and DbrxForCausalLM of
transformers.
"""

from neuroscale.architecture.blocks import hidden_size, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention
from neuroscale.errors import InvalidInputError

_FEED_FORWARD_DEFAULTS = {"ffn_hidden_size": 3584, "moe_num_experts": 4, "moe_top_k": 1}
_ATTENTION_DEFAULTS = {"kv_n_heads": 1}
_MATRIX_NAMES = ("w1", "v1", "w2")
_MATRICES = len(_MATRIX_NAMES)


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return expert_layers(full_attention(fields))


def _part(fields: Fields, name: str, defaults: dict[str, int]) -> Fields:
    return fields.nested(name, defaults) or Fields({}, defaults, fields.path(name))


def _attention(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    hidden, heads = hidden_size(fields), query_heads(fields)
    part = _part(fields, "attn_config", _ATTENTION_DEFAULTS)
    kv_heads = part.integer("kv_n_heads", maximum=MAXIMUM_HEADS)
    if kv_heads > heads:
        raise InvalidInputError(
            f"{kv_heads} key/value heads cannot serve {heads} query heads", field=part.path("kv_n_heads")
        )
    width = hidden // heads
    return AttentionBlock(
        weights=projection(hidden, hidden + 2 * kv_heads * width) + projection(hidden, hidden),
        norms=0,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        modules=(
            ("norm_attn_norm.attn.Wqkv", projection(hidden, hidden + 2 * kv_heads * width)),
            ("norm_attn_norm.attn.out_proj", projection(hidden, hidden)),
        ),
    )


def _experts(fields: Fields, _kind: LayerKind) -> ExpertsBlock:
    hidden = hidden_size(fields)
    part = _part(fields, "ffn_config", _FEED_FORWARD_DEFAULTS)
    experts = part.integer("moe_num_experts", maximum=MAXIMUM_EXPERTS)
    chosen = part.integer("moe_top_k", maximum=MAXIMUM_EXPERTS)
    if chosen > experts:
        raise InvalidInputError(
            f"{chosen} experts per token cannot be chosen among {experts}", field=part.path("moe_top_k")
        )
    width = part.integer("ffn_hidden_size", maximum=MAXIMUM_WIDTH)
    return ExpertsBlock(
        routed_experts=experts,
        experts_per_token=chosen,
        intermediate_size=width,
        shared_intermediate_size=0,
        router=projection(hidden, experts),
        routed=experts * _MATRICES * projection(hidden, width),
        shared=0,
        matrices=_MATRICES,
        modules=tuple((f"ffn.experts.mlp.{name}", experts * projection(hidden, width)) for name in _MATRIX_NAMES),
    )


DBRX = Family(
    model_types=("dbrx",),
    class_names=("DbrxForCausalLM",),
    defaults={
        "d_model": 2048,
        "n_heads": 16,
        "n_layers": 24,
        "max_seq_len": 2048,
        "vocab_size": 32000,
    },
    layers=_layers,
    attention=_attention,
    experts=_experts,
    can_tie=False,
    aliases={
        "hidden_size": ("d_model",),
        "num_attention_heads": ("n_heads",),
        "num_hidden_layers": ("n_layers",),
        "max_position_embeddings": ("max_seq_len",),
    },
)

FAMILIES = (DBRX,)
