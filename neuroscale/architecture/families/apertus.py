"""Apertus: head norms, and a feed-forward without gate whose activation "xielu" learns two scalars per layer.

Defined by ApertusConfig, XIELUActivation and ApertusForCausalLM of transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward
from neuroscale.architecture.decoder import DenseBlock, LayerKind
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.families.qwen3 import qwen3_attention
from neuroscale.architecture.fields import Fields

_feed_forward = partial(dense_feed_forward, matrices=2)


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    block = _feed_forward(fields, kind)
    learned = 2 if fields.optional_text("hidden_act") == "xielu" else 0
    return replace(block, weights=block.weights + learned)


APERTUS = replace(
    LLAMA,
    model_types=("apertus",),
    class_names=("ApertusForCausalLM",),
    defaults={
        "vocab_size": 131072,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "hidden_act": "xielu",
        "max_position_embeddings": 65536,
        "rope_parameters": {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192},
    },
    attention=qwen3_attention,
    dense=_dense,
)

FAMILIES = (APERTUS,)
