"""MiniMax-M2: norms over all query and all key elements, and routed experts in every layer.

`intermediate_size` is the width of one expert; the correction bias of the router is a buffer, and the
multi-token-prediction modules are stored beside the model. Defined by MiniMaxM2Config and MiniMaxM2ForCausalLM of
transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import grouped_query_attention
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.families.mixtral import block_sparse_experts
from neuroscale.architecture.layer_plan import expert_layers, full_attention

MINIMAX_M2 = Family(
    model_types=("minimax_m2",),
    class_names=("MiniMaxM2ForCausalLM",),
    defaults={
        "vocab_size": 200064,
        "hidden_size": 3072,
        "intermediate_size": 1536,
        "num_hidden_layers": 62,
        "num_attention_heads": 48,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 196608,
        "num_local_experts": 256,
        "num_experts_per_tok": 8,
    },
    layers=lambda fields: expert_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, head_norm="width"),
    experts=block_sparse_experts,
)

FAMILIES = (MINIMAX_M2,)
