"""Phi, Phi-3 and Persimmon.

Phi and Persimmon have biases and layer norms throughout, no gate in the feed-forward and, with `qk_layernorm`,
one layer norm for all query heads and one for all key heads. Phi has one norm per layer, because attention and
feed-forward read the same input, and a bias on the head. Phi-3 is Llama with an optional window. Defined by
PhiConfig, Phi3Config, PersimmonConfig and their causal language models of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    grouped_query_attention,
    hidden_size,
    multi_head_attention,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention, windowed_attention
from neuroscale.architecture.module_renaming import renamed_modules


def _phi_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(fields, kind, input_bias=True, output_bias=True)
    return _with_norms(fields, renamed_modules(block, {"self_attn.o_proj": "self_attn.dense"}))


def _persimmon_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    modules = ("self_attn.query_key_value", "self_attn.dense")
    return _with_norms(fields, multi_head_attention(fields, kind, modules=modules))


def _with_norms(fields: Fields, block: AttentionBlock) -> AttentionBlock:
    if not fields.flag("qk_layernorm"):
        return block
    return replace(block, norms=2 * 2 * (hidden_size(fields) // query_heads(fields)))


def _fused_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    names = {f"self_attn.{name}": "self_attn.qkv_proj" for name in ("q_proj", "k_proj", "v_proj")}
    return renamed_modules(grouped_query_attention(fields, kind), names)


def _fused_feed_forward(fields: Fields, kind: LayerKind) -> DenseBlock:
    names = {f"mlp.{name}": "mlp.gate_up_proj" for name in ("gate_proj", "up_proj")}
    return renamed_modules(dense_feed_forward(fields, kind), names)


PHI = Family(
    model_types=("phi",),
    class_names=("PhiForCausalLM",),
    defaults={
        "vocab_size": 51200,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 24,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_phi_attention,
    dense=partial(dense_feed_forward, bias=True, matrices=2, modules=("mlp.fc1", "mlp.fc2")),
    norms_per_layer=1,
    vectors_per_norm=2,
    head_bias=True,
)

PERSIMMON = replace(
    PHI,
    model_types=("persimmon",),
    class_names=("PersimmonForCausalLM",),
    defaults={
        "vocab_size": 262144,
        "hidden_size": 4096,
        "intermediate_size": 16384,
        "num_hidden_layers": 36,
        "num_attention_heads": 64,
        "max_position_embeddings": 16384,
        "qk_layernorm": True,
    },
    attention=_persimmon_attention,
    dense=partial(dense_feed_forward, bias=True, matrices=2, modules=("mlp.dense_h_to_4h", "mlp.dense_4h_to_h")),
    norms_per_layer=2,
    head_bias=False,
)

PHI3 = Family(
    model_types=("phi3",),
    class_names=("Phi3ForCausalLM",),
    defaults={
        "vocab_size": 32064,
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 4096,
    },
    layers=lambda fields: dense_layers(windowed_attention(fields)),
    attention=_fused_attention,
    dense=_fused_feed_forward,
)

FAMILIES = (PHI, PERSIMMON, PHI3)
