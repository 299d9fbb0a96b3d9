"""A.X-K1: DeepSeek-V3 with one norm more after the experts of each MoE layer.

Dense layers are listed in `mlp_layer_types` or, in older files, given by `first_k_dense_replace` and
`moe_layer_freq`, the distance of layers with experts. Defined by
AXK1Config and AXK1ForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size
from neuroscale.architecture.decoder import Extras, LayerKind
from neuroscale.architecture.families.deepseek import DEEPSEEK_V3
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers
from neuroscale.architecture.prediction import counted_layers_only


def axk_layers(fields: Fields) -> tuple[LayerKind, ...]:
    """Return latent layers with experts where the list says so, or at a distance behind the dense first ones."""
    attention = repeated("latent", layer_count(fields))
    if fields.has("mlp_layer_types"):
        return typed_layers(fields, attention, 0)
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    step = fields.integer("moe_layer_freq", maximum=MAXIMUM_LAYERS)
    is_sparse = [index >= dense and index % step == 0 for index in range(len(attention))]
    return tuple(
        LayerKind(kind, dense=not sparse, experts=sparse) for kind, sparse in zip(attention, is_sparse, strict=True)
    )


def _norms_after_experts(fields: Fields) -> Extras:
    return Extras(normalisation=hidden_size(fields) * sum(kind.experts for kind in axk_layers(fields)))


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
        "moe_layer_freq": 1,
        "max_position_embeddings": 32768,
    },
    layers=axk_layers,
    extras=_norms_after_experts,
    prediction=counted_layers_only,
)

FAMILIES = (AXK1,)
