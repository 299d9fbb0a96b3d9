"""MiniMax-Text-01 and MiniMax-M1 in their published form: `attn_type_list` says which layers attend fully (1).

The weights are those of MiniMaxForCausalLM of transformers, which names the layers in another way. Defined by
MiniMaxM1Config and MiniMaxM1ForCausalLM as published with the weights (`modeling_minimax_m1.py`); vLLM served both
with one class until 0.23.0.
"""

from dataclasses import replace

from neuroscale.architecture.decoder import AttentionBlock, LayerKind, UncountableError
from neuroscale.architecture.families.minimax import MINIMAX
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import expert_layers, layer_count
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers, stated = layer_count(fields), fields.integers("attn_type_list", maximum=1)
    if stated is None or len(stated) != layers:
        raise InvalidInputError(
            f"must be a list of 0 and 1 with an entry for each of the {layers} layers",
            field=fields.path("attn_type_list"),
        )
    return expert_layers(tuple("full" if attends else "linear" for attends in stated))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if fields.optional_integer("shared_intermediate_size", maximum=MAXIMUM_WIDTH):
        raise UncountableError("shared experts (shared_intermediate_size) are not covered")
    return MINIMAX.attention(fields, kind)


MINIMAX_TEXT_01 = replace(
    MINIMAX,
    model_types=("minimax_text_01", "minimax_m1"),
    class_names=("MiniMaxText01ForCausalLM", "MiniMaxM1ForCausalLM"),
    defaults={},
    layers=_layers,
    attention=_attention,
    can_tie=False,
)

FAMILIES = (MINIMAX_TEXT_01,)
