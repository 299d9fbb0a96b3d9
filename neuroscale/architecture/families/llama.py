"""Llama and the models that are Llama under another name: a gated feed-forward and optional biases.

IQuest-Coder and InternLM 3 differ in their defaults; InternLM 3 spells the biases `qkv_bias` and `bias`, of which
the class takes equal ones only. A list of layer types, which the class itself does not know, is honoured as vLLM
honours it for every model of this shape. Defined by LlamaConfig, IQuestCoderConfig, InternLM3Config and
LlamaForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention, stated_attention_kinds

biased_attention = partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias")


def _internlm3_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if fields.flag("attention_bias") != fields.flag("mlp_bias"):
        raise UncountableError("biases on some projections only (qkv_bias apart from bias) are not covered")
    return biased_attention(fields, kind)


LLAMA = Family(
    model_types=("llama",),
    class_names=("LlamaForCausalLM", "LLaMAForCausalLM"),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
    },
    layers=lambda fields: dense_layers(stated_attention_kinds(fields) or full_attention(fields)),
    attention=biased_attention,
    dense=partial(dense_feed_forward, bias="mlp_bias"),
)

IQUEST_CODER = replace(
    LLAMA,
    model_types=("iquestcoder",),
    class_names=("LlamaForCausalLM", "IQuestCoderForCausalLM"),
    defaults={
        "vocab_size": 76800,
        "hidden_size": 5120,
        "intermediate_size": 27648,
        "num_hidden_layers": 80,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 131072,
    },
)

INTERNLM3 = replace(
    LLAMA,
    model_types=("internlm3",),
    class_names=("LlamaForCausalLM", "InternLM3ForCausalLM"),
    defaults={
        "vocab_size": 128512,
        "hidden_size": 4096,
        "intermediate_size": 10240,
        "num_hidden_layers": 48,
        "num_attention_heads": 32,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "max_position_embeddings": 32768,
    },
    attention=_internlm3_attention,
    aliases={"attention_bias": ("qkv_bias",), "mlp_bias": ("bias",)},
)

FAMILIES = (LLAMA, IQUEST_CODER, INTERNLM3)
