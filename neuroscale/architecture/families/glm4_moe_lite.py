"""GLM-4.7-Flash: DeepSeek-V3 whose dense layers are listed in `mlp_layer_types`; without it the first is dense.

Defined by Glm4MoeLiteConfig and Glm4MoeLiteForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.families.deepseek import DEEPSEEK_V3
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers
from neuroscale.architecture.prediction import counted_layers_only

GLM4_MOE_LITE = replace(
    DEEPSEEK_V3,
    model_types=("glm4_moe_lite",),
    class_names=("Glm4MoeLiteForCausalLM",),
    defaults={
        "vocab_size": 154880,
        "hidden_size": 2048,
        "intermediate_size": 10240,
        "moe_intermediate_size": 1536,
        "num_hidden_layers": 47,
        "num_attention_heads": 20,
        "num_key_value_heads": 20,
        "n_shared_experts": 1,
        "n_routed_experts": 64,
        "num_experts_per_tok": 4,
        "kv_lora_rank": 512,
        "q_lora_rank": 768,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 192,
        "v_head_dim": 256,
        "max_position_embeddings": 202752,
    },
    layers=lambda fields: typed_layers(fields, repeated("latent", layer_count(fields)), 1),
    prediction=counted_layers_only,
)

FAMILIES = (GLM4_MOE_LITE,)
