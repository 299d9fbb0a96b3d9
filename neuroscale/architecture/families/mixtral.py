"""Mixtral: Mistral with routed experts in every layer; `intermediate_size` is the width of one expert.

Defined by MixtralConfig and MixtralForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import grouped_query_attention, mixtral_experts
from neuroscale.architecture.decoder import Family
from neuroscale.architecture.layer_plan import expert_layers, windowed_attention
from neuroscale.architecture.module_renaming import BLOCK_SPARSE_NAMES, under_names

block_sparse_experts = under_names(mixtral_experts, BLOCK_SPARSE_NAMES)

MIXTRAL = Family(
    model_types=("mixtral",),
    class_names=("MixtralForCausalLM",),
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
    layers=lambda fields: expert_layers(windowed_attention(fields)),
    attention=grouped_query_attention,
    experts=block_sparse_experts,
)

FAMILIES = (MIXTRAL,)
