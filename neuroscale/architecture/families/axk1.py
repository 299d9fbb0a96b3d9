"""A.X-K1: DeepSeek-V3 with one norm more after the experts of each MoE layer.

Dense layers are listed in `mlp_layer_types` or, in older files, given by `first_k_dense_replace`. Defined by
AXK1Config and AXK1ForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size
from neuroscale.architecture.decoder import Extras, LayerKind, UncountableError
from neuroscale.architecture.families.deepseek import DEEPSEEK_V3
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if fields.optional_integer("moe_layer_freq", maximum=MAXIMUM_LAYERS) not in {None, 1}:
        raise UncountableError("moe_layer_freq other than 1 is not known for this family")
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return typed_layers(fields, repeated("latent", layer_count(fields)), dense)


def _norms_after_experts(fields: Fields) -> Extras:
    return Extras(normalisation=hidden_size(fields) * sum(kind.experts for kind in _layers(fields)))


AXK1 = replace(
    DEEPSEEK_V3,
    model_types=("axk1",),
    class_names=("AXK1ForCausalLM",),
    defaults={
        **DEEPSEEK_V3.defaults,
        "vocab_size": 163840,
        "num_attention_heads": 64,
        "num_key_value_heads": 64,
        "n_routed_experts": 192,
        "first_k_dense_replace": 1,
        "max_position_embeddings": 32768,
    },
    layers=_layers,
    extras=_norms_after_experts,
)

FAMILIES = (AXK1,)
