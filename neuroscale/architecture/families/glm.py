"""GLM-4 dense: biases on query, key and value but not on the output, gate and up projection in one module.

The 0414 release (`glm4`) has four norms per layer. Defined by GlmConfig, Glm4Config and their model classes of
transformers.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import DenseBlock, LayerKind
from neuroscale.architecture.families.llama import LLAMA
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    block = dense_feed_forward(fields, kind)
    (_, gate), (_, up), down = block.modules
    return replace(block, modules=(("mlp.gate_up_proj", gate + up), down))


GLM = replace(
    LLAMA,
    model_types=("glm",),
    class_names=("GlmForCausalLM",),
    defaults={
        "vocab_size": 151552,
        "hidden_size": 4096,
        "intermediate_size": 13696,
        "num_hidden_layers": 40,
        "num_attention_heads": 32,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "max_position_embeddings": 131072,
        "attention_bias": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias"),
    dense=_dense,
)

GLM4 = replace(GLM, model_types=("glm4",), class_names=("Glm4ForCausalLM",), norms_per_layer=4)

FAMILIES = (GLM, GLM4)
