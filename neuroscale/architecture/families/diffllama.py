"""DiffLlama: Llama whose layers attend twice and subtract, weighed by four learned vectors of a head's width.

The norm of the difference has no weights. Defined by DiffLlamaConfig and DiffLlamaForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward
from neuroscale.architecture.decoder import AttentionBlock, LayerKind
from neuroscale.architecture.families.llama import LLAMA, biased_attention
from neuroscale.architecture.fields import Fields

_WEIGHING_VECTORS = 4


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = biased_attention(fields, kind)
    return replace(block, weights=block.weights + _WEIGHING_VECTORS * block.head_dimension)


DIFFLLAMA = replace(
    LLAMA,
    model_types=("diffllama",),
    class_names=("DiffLlamaForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
    },
    attention=_attention,
    dense=dense_feed_forward,
)

FAMILIES = (DIFFLLAMA,)
