"""Mistral 4: DeepSeek-V3 with other defaults. Defined by Mistral4Config and Mistral4ForCausalLM of transformers."""

from dataclasses import replace

from neuroscale.architecture.families.deepseek import DEEPSEEK_V3

MISTRAL4 = replace(
    DEEPSEEK_V3,
    model_types=("mistral4",),
    class_names=("Mistral4ForCausalLM",),
    defaults={
        "vocab_size": 131072,
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "moe_intermediate_size": 2048,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "n_shared_experts": 1,
        "n_routed_experts": 128,
        "num_experts_per_tok": 4,
        "first_k_dense_replace": 0,
        "kv_lora_rank": 256,
        "q_lora_rank": 1024,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 64,
        "v_head_dim": 128,
        "max_position_embeddings": 1048576,
    },
    prediction=None,
)

FAMILIES = (MISTRAL4,)
