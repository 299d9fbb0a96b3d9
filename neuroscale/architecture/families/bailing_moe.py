"""Ling, Ring (Bailing MoE, first and second generation) and Sarvam: dense first layers, then many experts.

Both generations are built alike and differ in switches: norms of queries and keys (`use_qk_norm`; layer norms with
bias unless `use_rmsnorm`). `use_bias` gives every projection outside the routed experts a bias; the class refuses
it beside shared experts. The configuration classes came with the published weights; defined by
BailingMoeForCausalLM and BailingMoeV2ForCausalLM of vLLM 0.33.0, and by SarvamMoEForCausalLM, which is the same.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    head_dimension,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, full_attention
from neuroscale.architecture.prediction import counted_layers_only


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    dense = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS) or 0
    return dense_then_expert_layers(full_attention(fields), dense)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = grouped_query_attention(
        fields,
        kind,
        input_bias=fields.flag("use_bias") or fields.flag("use_qkv_bias"),
        output_bias="use_bias",
    )
    if not fields.flag("use_qk_norm"):
        return block
    vectors = 1 if fields.flag("use_rmsnorm") else 2
    return replace(block, norms=2 * vectors * head_dimension(fields))


def bailing_feed_forward(fields: Fields, kind: LayerKind) -> DenseBlock:
    """Return the dense feed-forward of a Bailing layer."""
    return dense_feed_forward(fields, kind, bias="use_bias")


def bailing_experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    """Return the experts of a Bailing layer; shared ones are as wide as routed ones unless a field says so."""
    block = expert_feed_forward(fields, kind, shared_width=bailing_shared_width)
    if fields.flag("use_bias") and block.shared_intermediate_size:
        raise UncountableError("a bias in the shared experts (use_bias) is not covered")
    return block


def bailing_shared_width(fields: Fields, intermediate: int) -> int:
    """Return the width of all shared experts: as wide as routed ones unless a field says so."""
    count = fields.optional_integer("num_shared_experts", maximum=MAXIMUM_EXPERTS) or 0
    width = fields.optional_integer("moe_shared_expert_intermediate_size", maximum=MAXIMUM_WIDTH, minimum=1)
    return count * (intermediate if width is None else width)


BAILING_MOE = Family(
    model_types=("bailing_moe", "bailing_moe_v2", "sarvam_moe"),
    class_names=("BailingMoeForCausalLM", "BailingMoeV2ForCausalLM", "SarvamMoEForCausalLM"),
    defaults={},
    layers=_layers,
    attention=_attention,
    dense=bailing_feed_forward,
    experts=bailing_experts,
    prediction=counted_layers_only,
)

FAMILIES = (BAILING_MOE,)
