"""MiniMax-Text-01: lightning attention with a few full layers, and Mixtral experts in every layer.

Without `layer_types` even layers attend fully. Defined by MiniMaxConfig and MiniMaxForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import (
    grouped_query_attention,
    head_dimension,
    hidden_size,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.families.mixtral import block_sparse_experts
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import expert_layers, layer_count, stated_attention_kinds
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.recurrent_blocks import mixer


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    alternating: tuple[AttentionKind, ...] = tuple(
        "linear" if index % 2 else "full" for index in range(layer_count(fields))
    )
    return expert_layers(stated_attention_kinds(fields) or alternating)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention != "linear":
        return grouped_query_attention(fields, kind)
    hidden, width = hidden_size(fields), head_dimension(fields)
    heads_width = query_heads(fields) * width
    return mixer(
        weights=projection(hidden, 3 * heads_width)
        + projection(heads_width, hidden)
        + projection(hidden, heads_width),
        norms=heads_width,
        head_dimension=width,
        state=heads_width * width,
        modules=(
            ("self_attn.qkv_proj", hidden * 3 * heads_width),
            ("self_attn.output_gate", hidden * heads_width),
            ("self_attn.out_proj", heads_width * hidden),
        ),
    )


MINIMAX = Family(
    model_types=("minimax",),
    class_names=("MiniMaxForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
    },
    layers=_layers,
    attention=_attention,
    experts=block_sparse_experts,
)

FAMILIES = (MINIMAX,)
