"""Intern-S2 Mobius: Qwen3.5 MoE whose layers take turns at `num_blocks` banks of experts, each with its router.

Layer i uses bank i modulo `num_blocks`, so that a bank's weights are stored once and computed with in several
layers; the shared expert and its gate belong to the layer. With `layer_scale` a layer has two vectors that scale
what attention and feed-forward add. The parameters that compute a token are those of each layer's choice, of a bank
no more than it has.

Defined by InternS2MobiusForConditionalGeneration of vLLM 0.33.0; the configuration class came with the weights.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import hidden_size
from neuroscale.architecture.decoder import ExpertsBlock, Extras, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3_5 import QWEN3_5_MOE, experts_of_layer
from neuroscale.architecture.families.qwen3_next import hybrid_attention_kinds
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.prediction import counted_layers_only

_OWNER = "stores a bank that serves"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = hybrid_attention_kinds(fields)
    banks = fields.integer("num_blocks", maximum=MAXIMUM_LAYERS)
    if banks > len(kinds):
        raise UncountableError(f"{banks} banks of experts (num_blocks) for {len(kinds)} layers are not covered")
    served = [len(range(bank, len(kinds), banks)) for bank in range(banks)]
    return tuple(
        LayerKind(
            kind,
            dense=False,
            experts=True,
            variant=f"{_OWNER if index < banks else 'one of'} {served[index % banks]}",
        )
        for index, kind in enumerate(kinds)
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    block = experts_of_layer(fields, kind)
    owned, served = kind.variant.startswith(_OWNER), int(kind.variant.rpartition(" ")[2])
    chosen = block.routed * (block.experts_per_token or 0) // block.routed_experts
    return replace(
        block,
        router=block.router if owned else 0,
        routed=block.routed if owned else 0,
        active=min(chosen, block.routed // served),
        # Checkpoints keep the banks beside the layers.
        modules=(),
    )


def _extras(fields: Fields) -> Extras:
    vectors = 2 * len(hybrid_attention_kinds(fields)) if fields.flag("layer_scale") else 0
    return Extras(other=vectors * hidden_size(fields))


INTERNS2_MOBIUS = replace(
    QWEN3_5_MOE,
    model_types=("interns2_mobius",),
    class_names=("InternS2MobiusForConditionalGeneration",),
    layers=_layers,
    experts=_experts,
    extras=_extras,
    text_may_tie=True,
    prediction=counted_layers_only,
)

FAMILIES = (INTERNS2_MOBIUS,)
