"""MiniCPM3 and Youtu: dense decoders with multi-head latent attention.

vLLM caches a latent row only for the model types it lists; of these two it keeps keys and values of every head,
the values padded to the width of the keys. Source: vLLM 0.33.0, `is_deepseek_mla` of
vllm/transformers_utils/model_arch_config_convertor.py. MiniCPM3 shares the hidden size among the heads for the
width of values that is null. Defined by MiniCPM3Config, YoutuConfig and their causal language models of
transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size, latent_attention, query_heads
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    shared = max(1, hidden_size(fields) // query_heads(fields))
    stated = fields.optional_integer("v_head_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    block = latent_attention(fields, kind, value_width=shared if stated is None else stated)
    return replace(
        block,
        kv_heads=query_heads(fields),
        key_elements=block.head_dimension,
        value_elements=block.head_dimension,
    )


MINICPM3 = Family(
    model_types=("minicpm3",),
    class_names=("MiniCPM3ForCausalLM",),
    defaults={
        "vocab_size": 73448,
        "hidden_size": 2560,
        "intermediate_size": 6400,
        "num_hidden_layers": 62,
        "num_attention_heads": 40,
        "max_position_embeddings": 32768,
        "tie_word_embeddings": True,
        "kv_lora_rank": 256,
        "q_lora_rank": 768,
        "qk_nope_head_dim": 64,
        "qk_rope_head_dim": 32,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=partial(dense_feed_forward, bias="mlp_bias"),
)

YOUTU = Family(
    model_types=("youtu",),
    class_names=("YoutuForCausalLM",),
    defaults={
        "vocab_size": 128256,
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 32,
        "num_attention_heads": 16,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "kv_lora_rank": 512,
        "q_lora_rank": 1536,
        "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64,
        "v_head_dim": 128,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=dense_feed_forward,
)

FAMILIES = (MINICPM3, YOUTU)
