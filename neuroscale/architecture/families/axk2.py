"""A.X-K2: A.X-K1's layers with the indexer of DeepSeek-V3.2, gated norms and a gate on the attention output.

Queries and the gate come from one projection of a doubled compressed query. A gated norm adds a low-rank
feed-forward of `gated_norm_rank`; it stands before attention and before experts, a plain one before a dense
feed-forward. Defined by AXK2Config and AXK2ForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size, latent_attention, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, Extras, LayerKind
from neuroscale.architecture.families.axk1 import AXK1, axk_layers
from neuroscale.architecture.families.sparse_attention import with_indexer
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = latent_attention(fields, kind)
    rank = fields.integer("q_lora_rank", maximum=MAXIMUM_WIDTH)
    heads, value = query_heads(fields), fields.integer("v_head_dim", maximum=MAXIMUM_WIDTH)
    queries = projection(rank, heads * block.head_dimension)
    queries_and_gate = projection(2 * rank, heads * (block.head_dimension + value))
    modules = tuple(
        ("self_attn.q_gate_proj", queries_and_gate) if name == "self_attn.q_b_proj" else (name, weights)
        for name, weights in block.modules
    )
    return with_indexer(fields, replace(block, weights=block.weights - queries + queries_and_gate, modules=modules))


def _gated_norms(fields: Fields) -> Extras:
    rank = fields.integer("gated_norm_rank", maximum=MAXIMUM_WIDTH)
    gated = sum(2 if kind.experts else 1 for kind in axk_layers(fields))
    return Extras(normalisation=gated * 2 * projection(hidden_size(fields), rank))


AXK2 = replace(
    AXK1,
    model_types=("axk2",),
    class_names=("AXK2ForCausalLM",),
    defaults={
        **AXK1.defaults,
        "hidden_size": 2048,
        "intermediate_size": 5120,
        "moe_intermediate_size": 512,
        "num_hidden_layers": 48,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "n_routed_experts": 128,
        "kv_lora_rank": 128,
        "q_lora_rank": 384,
        "qk_rope_head_dim": 32,
        "qk_nope_head_dim": 64,
        "v_head_dim": 64,
        "max_position_embeddings": 131072,
        "index_head_dim": 128,
        "index_n_heads": 16,
        "gated_norm_rank": 16,
    },
    attention=_attention,
    extras=_gated_norms,
)

FAMILIES = (AXK2,)
