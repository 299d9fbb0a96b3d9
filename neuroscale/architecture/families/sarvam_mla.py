"""Sarvam 105B: latent attention, dense first layers, then routed and shared experts every `moe_layer_freq` layers.

The configuration class came with the published weights; defined by SarvamMLAForCausalLM of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    latent_attention,
    routed_experts,
)
from neuroscale.architecture.decoder import ExpertsBlock, Family, LayerKind
from neuroscale.architecture.families.bailing_moe import bailing_shared_width
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    first = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    period = fields.integer("moe_layer_freq", maximum=MAXIMUM_LAYERS)
    has_experts = routed_experts(fields) > 0
    sparse = [
        has_experts and index >= first and (index - first) % period == 0 for index in range(layer_count(fields))
    ]
    return tuple(LayerKind("latent", dense=not experts, experts=experts) for experts in sparse)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    return expert_feed_forward(fields, kind, shared_width=bailing_shared_width)


SARVAM_MLA = Family(
    model_types=("sarvam_mla",),
    class_names=("SarvamMLAForCausalLM",),
    defaults={
        "intermediate_size": 16384,
        "first_k_dense_replace": 1,
        "moe_layer_freq": 1,
        "num_shared_experts": 1,
    },
    layers=_layers,
    attention=latent_attention,
    dense=dense_feed_forward,
    experts=_experts,
)

FAMILIES = (SARVAM_MLA,)
