"""Blocks under the names that checkpoints give their linear modules, where these differ from the common ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    LayerKind,
    NamedWeights,
)
from neuroscale.architecture.fields import Fields

_Block = TypeVar("_Block", AttentionBlock, DenseBlock, ExpertsBlock)

# What the checkpoints of Mixtral and its kin call the experts.
BLOCK_SPARSE_NAMES = {
    "mlp.experts.0.gate_proj": "block_sparse_moe.experts.0.w1",
    "mlp.experts.0.up_proj": "block_sparse_moe.experts.0.w3",
    "mlp.experts.0.down_proj": "block_sparse_moe.experts.0.w2",
}


def renamed_modules(block: _Block, names: Mapping[str, str]) -> _Block:
    """Return a block whose linear modules have other names; those that get one name are one module."""
    if isinstance(block, ExpertsBlock):
        return replace(
            block, modules=_renamed(block.modules, names), shared_modules=_renamed(block.shared_modules, names)
        )
    return replace(block, modules=_renamed(block.modules, names))


def _renamed(modules: NamedWeights, names: Mapping[str, str]) -> NamedWeights:
    weights: dict[str, int] = {}
    for name, parameters in modules:
        renamed = names.get(name, name)
        weights[renamed] = weights.get(renamed, 0) + parameters
    return tuple(weights.items())


def under_names(
    count: Callable[[Fields, LayerKind], _Block], names: Mapping[str, str]
) -> Callable[[Fields, LayerKind], _Block]:
    """Return a function that counts the same block under the names that checkpoints give its linear modules."""

    def renamed(fields: Fields, kind: LayerKind) -> _Block:
        return renamed_modules(count(fields, kind), names)

    return renamed
