"""Nemotron-H found by architecture search (Puzzle): `block_configs` gives every layer its kind and own fields.

A block names its mixer in `block_type`; the other fields of the block go before those of the configuration, such as
the number, the choice and the width of the experts of one layer. Defined by NemotronHPuzzleConfig, published with
the weights, and NemotronHPuzzleForCausalLM of vLLM 0.33.0.
"""

from collections.abc import Mapping
from dataclasses import replace

from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, ExpertsBlock, LayerKind, UncountableError
from neuroscale.architecture.families.nemotron_h import NEMOTRON_H
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_TOKENS, Fields
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.errors import InvalidInputError

_BLOCKS = "block_configs"


def _blocks(fields: Fields, name: str = _BLOCKS) -> list[Mapping[str, object]]:
    _, stated = fields.value(name)
    if not isinstance(stated, list) or len(stated) > MAXIMUM_LAYERS:
        raise InvalidInputError("must be a list with one object per layer", field=fields.path(name))
    for index, block in enumerate(stated):
        if not isinstance(block, Mapping):
            raise InvalidInputError("must be an object", field=fields.path(f"{name}[{index}]"))
    return stated


def _layer_fields(fields: Fields, index: int) -> Fields:
    """Return the configuration in which the fields of one layer win."""
    block = _blocks(fields)[index]
    own = {name: value for name, value in block.items() if value is not None and name != "block_type"}
    inherited = {name: fields.value(name)[1] for name in fields.names() if name != _BLOCKS}
    return Fields({**inherited, **own}, NEMOTRON_H.defaults, fields.path(f"{_BLOCKS}[{index}]"))


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    blocks = _blocks(fields)
    first = [blocks.index(block) for block in blocks]
    return tuple(_kind(fields, block, index) for block, index in zip(blocks, first, strict=True))


def _kind(fields: Fields, block: Mapping[str, object], index: int) -> LayerKind:
    """Return the kind of a layer, which names the first layer that has the same block."""
    name = Fields(block, path=fields.path(f"{_BLOCKS}[{index}]")).optional_text("block_type")
    typed = Fields({"layers_block_type": [name]}, path=fields.path(f"{_BLOCKS}[{index}]"))
    (kind,) = NEMOTRON_H.layers(typed)
    window = _layer_fields(fields, index).optional_integer("sliding_window", maximum=MAXIMUM_TOKENS)
    if kind.attention == "full" and window:
        kind = kind._replace(attention="sliding")
    return kind._replace(variant=str(index))


def _plain(kind: LayerKind) -> LayerKind:
    return kind._replace(variant="")


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return NEMOTRON_H.attention(_layer_fields(fields, int(kind.variant)), _plain(kind))


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    if NEMOTRON_H.dense is None:
        raise UncountableError("the family has no dense feed-forward")
    return NEMOTRON_H.dense(_layer_fields(fields, int(kind.variant)), _plain(kind))


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    if NEMOTRON_H.experts is None:
        raise UncountableError("the family has no experts")
    return NEMOTRON_H.experts(_layer_fields(fields, int(kind.variant)), _plain(kind))


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    layers = fields.optional_integer("num_nextn_predict_layers", maximum=MAXIMUM_LAYERS)
    return MultiTokenPrediction(layers) if layers else None


NEMOTRON_H_PUZZLE = replace(
    NEMOTRON_H,
    model_types=("nemotron_h_puzzle",),
    class_names=("NemotronHPuzzleForCausalLM",),
    layers=_layers,
    attention=_attention,
    dense=_dense,
    experts=_experts,
    prediction=_prediction,
)

FAMILIES = (NEMOTRON_H_PUZZLE,)
