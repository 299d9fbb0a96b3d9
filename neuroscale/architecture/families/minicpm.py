"""MiniCPM, MiniCPM-MoE and MiniCPM4: Llama's shapes, tied by default, with Mixtral's experts when it has some.

Defined by MiniCPMConfig of the published weights and MiniCPMForCausalLM of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    mixtral_experts,
    routed_experts,
)
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.families.llama_shaped import derived_head_attention
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, expert_layers, full_attention


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    attention = full_attention(fields)
    return expert_layers(attention) if routed_experts(fields) else dense_layers(attention)


MINICPM = Family(
    model_types=("minicpm",),
    class_names=("MiniCPMForCausalLM",),
    defaults={"tie_word_embeddings": True},
    layers=_layers,
    attention=derived_head_attention,
    dense=dense_feed_forward,
    experts=mixtral_experts,
)

FAMILIES = (MINICPM,)
