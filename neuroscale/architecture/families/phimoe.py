"""Phi-3.5-MoE: Mixtral with layer norms that have a bias, and optional biases in attention and output head.

The head keeps its bias when its table is the input embedding. Defined by PhimoeConfig and PhimoeForCausalLM of
transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import grouped_query_attention
from neuroscale.architecture.decoder import Extras, Family
from neuroscale.architecture.families.mixtral import block_sparse_experts
from neuroscale.architecture.fields import MAXIMUM_VOCABULARY, Fields
from neuroscale.architecture.layer_plan import expert_layers, windowed_attention


def _head_bias(fields: Fields) -> Extras:
    has_bias = fields.flag("lm_head_bias")
    return Extras(output_head=fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY) if has_bias else 0)


PHIMOE = Family(
    model_types=("phimoe",),
    class_names=("PhimoeForCausalLM", "PhiMoEForCausalLM"),
    defaults={
        "vocab_size": 32064,
        "hidden_size": 4096,
        "intermediate_size": 6400,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "num_local_experts": 16,
        "num_experts_per_tok": 2,
    },
    layers=lambda fields: expert_layers(windowed_attention(fields)),
    attention=partial(grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias"),
    experts=block_sparse_experts,
    vectors_per_norm=2,
    extras=_head_bias,
)

FAMILIES = (PHIMOE,)
