"""OLMoE: norms over all query and all key elements at once, and routed experts in every layer.

The norms have the width of the hidden size shared among the heads, whatever `head_dim` says.
`intermediate_size` is the width of one expert. Defined by OlmoeConfig and OlmoeForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import grouped_query_attention, hidden_size, mixtral_experts, query_heads
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(fields, kind, input_bias="attention_bias", output_bias="attention_bias")
    hidden, heads = hidden_size(fields), query_heads(fields)
    return replace(block, norms=hidden + hidden // heads * block.kv_heads)


OLMOE = Family(
    model_types=("olmoe",),
    class_names=("OlmoeForCausalLM",),
    defaults={
        "vocab_size": 50304,
        "hidden_size": 2048,
        "intermediate_size": 2048,
        "num_hidden_layers": 16,
        "num_attention_heads": 16,
        "max_position_embeddings": 4096,
        "num_experts": 64,
        "num_experts_per_tok": 8,
    },
    layers=lambda fields: expert_layers(full_attention(fields)),
    attention=_attention,
    experts=mixtral_experts,
)

FAMILIES = (OLMOE,)
