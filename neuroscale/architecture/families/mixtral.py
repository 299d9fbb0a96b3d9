"""Mixtral: Mistral with routed experts in every layer; `intermediate_size` is the width of one expert.

Defined by MixtralConfig and MixtralForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import grouped_query_attention, mixtral_experts, renamed_modules
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import expert_layers, windowed_attention

_CHECKPOINT_NAMES = {
    "mlp.experts.0.gate_proj": "block_sparse_moe.experts.0.w1",
    "mlp.experts.0.up_proj": "block_sparse_moe.experts.0.w3",
    "mlp.experts.0.down_proj": "block_sparse_moe.experts.0.w2",
}


def block_sparse_experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    """Return the experts of Mixtral under the names that its checkpoints give them."""
    return renamed_modules(mixtral_experts(fields, kind), _CHECKPOINT_NAMES)


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
