"""GLM-4.5 and GLM-4.6: DeepSeek-V3 experts with grouped-query attention; optional head norms and input bias.

The layers of `num_nextn_predict_layers` draft tokens and are stored as DeepSeek-V3 stores its own: with them the
published GLM-4.5 has the 358.34 billion parameters that its model page states. Defined by Glm4MoeConfig and
Glm4MoeForCausalLM of transformers, which builds no such layer.
"""

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.families.deepseek import deepseek_experts
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, full_attention
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.prediction import whole_layers


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return dense_then_expert_layers(full_attention(fields), dense)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    head_norm = fields.flag("use_qk_norm")
    return grouped_query_attention(
        fields, kind, input_bias="attention_bias", head_norm="head" if head_norm else "none"
    )


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    kind = LayerKind("full", dense=False, experts=True)
    return whole_layers(fields, _attention(fields, kind), deepseek_experts(fields, kind), copies_embeddings=True)


GLM4_MOE = Family(
    model_types=("glm4_moe",),
    class_names=("Glm4MoeForCausalLM",),
    defaults={
        "vocab_size": 151552,
        "hidden_size": 4096,
        "intermediate_size": 10944,
        "num_hidden_layers": 46,
        "num_attention_heads": 96,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "moe_intermediate_size": 1408,
        "num_experts_per_tok": 8,
        "n_shared_experts": 1,
        "n_routed_experts": 128,
        "first_k_dense_replace": 1,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=deepseek_experts,
    prediction=_prediction,
)

FAMILIES = (GLM4_MOE,)
