"""Hunyuan dense: Llama with norms on each query and key head.

The class always builds these norms; a configuration that switches them off (`use_qk_norm`) is none of its
models. Defined by HunYuanDenseV1Config and HunYuanDenseV1ForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward
from neuroscale.architecture.decoder import AttentionBlock, LayerKind, UncountableError
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if fields.has("use_qk_norm") and not fields.flag("use_qk_norm"):
        raise UncountableError("layers without norms of queries and keys (use_qk_norm) are not covered")
    return qwen3_attention(fields, kind)


HUNYUAN_V1_DENSE = replace(
    LLAMA,
    model_types=("hunyuan_v1_dense",),
    class_names=("HunYuanDenseV1ForCausalLM",),
    defaults={**LLAMA.defaults, "vocab_size": 290943},
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=dense_feed_forward,
)

FAMILIES = (HUNYUAN_V1_DENSE,)
