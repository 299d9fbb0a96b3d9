"""Qwen3-MoE: Qwen3 attention with routed experts, no shared expert and optional dense layers.

With `use_sliding_window` all layers have the window. The class has no default head width: without `head_dim` the
hidden size is shared among the heads. Defined by Qwen3MoeConfig and Qwen3MoeForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import full_attention, sparse_step_layers, windowed_attention


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    attention = windowed_attention(fields) if fields.flag("use_sliding_window") else full_attention(fields)
    return sparse_step_layers(fields, attention)


QWEN3_MOE = Family(
    model_types=("qwen3_moe",),
    class_names=("Qwen3MoeForCausalLM",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 24,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "max_position_embeddings": 32768,
        "sliding_window": 4096,
        "decoder_sparse_step": 1,
        "moe_intermediate_size": 768,
        "num_experts_per_tok": 8,
        "num_experts": 128,
    },
    layers=_layers,
    attention=qwen3_attention,
    dense=dense_feed_forward,
    experts=expert_feed_forward,
)

FAMILIES = (QWEN3_MOE,)
