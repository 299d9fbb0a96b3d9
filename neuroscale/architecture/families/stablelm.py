"""StableLM: layer norms with biases, and optionally one norm per query and key head.

With `use_parallel_residual` attention and feed-forward read the same input behind one norm. Defined by
StableLmConfig and StableLmForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import (
    HeadNorm,
    dense_feed_forward,
    grouped_query_attention,
    hidden_size,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    head_norm: HeadNorm = "width" if fields.flag("qk_layernorm") else "none"
    width = max(1, hidden_size(fields) // query_heads(fields))
    return grouped_query_attention(fields, kind, input_bias="use_qkv_bias", head_norm=head_norm, width=width)


def _norms(fields: Fields, _kind: LayerKind) -> int:
    return 1 if fields.flag("use_parallel_residual") else 2


STABLELM = Family(
    model_types=("stablelm",),
    class_names=("StableLmForCausalLM", "StableLMEpochForCausalLM"),
    defaults={
        "vocab_size": 50304,
        "hidden_size": 2560,
        "intermediate_size": 6912,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "max_position_embeddings": 4096,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=dense_feed_forward,
    norms_per_layer=_norms,
    vectors_per_norm=2,
)

FAMILIES = (STABLELM,)
