"""XGLM: multi-head attention with biases and layer norms throughout; positions are computed, not learned.

Defined by XGLMConfig and XGLMForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, multi_head_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if fields.flag("add_cross_attention"):
        raise UncountableError("attention to an encoder (add_cross_attention) is not covered for this family")
    modules = tuple(f"self_attn.{name}" for name in ("q_proj", "k_proj", "v_proj", "out_proj"))
    return multi_head_attention(fields, kind, modules=modules)


XGLM = Family(
    model_types=("xglm",),
    class_names=("XGLMForCausalLM",),
    defaults={
        "vocab_size": 256008,
        "max_position_embeddings": 2048,
        "d_model": 1024,
        "ffn_dim": 4096,
        "num_layers": 24,
        "attention_heads": 16,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=partial(dense_feed_forward, width="ffn_dim", bias=True, matrices=2, modules=("fc1", "fc2")),
    vectors_per_norm=2,
    aliases={
        "hidden_size": ("d_model",),
        "num_attention_heads": ("attention_heads",),
        "num_hidden_layers": ("num_layers",),
    },
)

FAMILIES = (XGLM,)
