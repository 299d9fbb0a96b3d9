"""FlexOlmo: OLMoE's experts in every layer; norms of all query and key elements, and norms behind each block.

Defined by FlexOlmoConfig and FlexOlmoForCausalLM of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import grouped_query_attention, mixtral_experts
from neuroscale.architecture.decoder import Family, LayerKind
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import expert_layers, full_attention


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return expert_layers(full_attention(fields))


FLEX_OLMO = Family(
    model_types=("flex_olmo",),
    class_names=("FlexOlmoForCausalLM",),
    defaults={
        "vocab_size": 100352,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 4096,
        "num_experts": 7,
        "num_experts_per_tok": 5,
    },
    layers=_layers,
    attention=partial(
        grouped_query_attention, input_bias="attention_bias", output_bias="attention_bias", head_norm="width"
    ),
    experts=mixtral_experts,
)

FAMILIES = (FLEX_OLMO,)
