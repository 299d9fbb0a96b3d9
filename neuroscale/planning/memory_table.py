"""The memory budget of one accelerator, row by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.planning.plan import ServingPlan
from neuroscale.sizing.weights import RankComponent, weight_bytes_by_component

_COMPONENT_NAMES: Final[Mapping[RankComponent, str]] = {
    "routed_experts": "weights: routed experts",
    "shared_experts": "weights: shared experts",
    "dense_feed_forward": "weights: feed-forward",
    "attention": "weights: attention",
    "embeddings_and_head": "weights: embeddings and head",
    "router_and_normalisation": "weights: router and norms",
    "towers": "weights: vision and audio",
}
_OTHER_NAME = "weights: other"
# What is smaller is counted among the others.
_LEAST_SHOWN_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """What one part of the budget takes at most."""

    name: str
    amount_bytes: int


def memory_rows(plan: ServingPlan, architecture: ModelArchitecture) -> tuple[MemoryRow, ...]:
    """Return what each accelerator's memory goes to; together the rows are the memory of the device.

    Of every estimate it is the pessimistic figure. What the engine does not take of the device is the last row.
    """
    memory = plan.memory
    weights = weight_bytes_by_component(architecture, plan.settings) or {}
    parts = {
        name: weights[component].pessimistic_bytes
        for component, name in _COMPONENT_NAMES.items()
        if component in weights and weights[component].pessimistic_bytes >= _LEAST_SHOWN_SHARE * memory.usable_bytes
    }
    rest_bytes = memory.weights_bytes - sum(parts.values())
    if rest_bytes:
        parts[_OTHER_NAME] = rest_bytes
    return (
        *(MemoryRow(name, amount_bytes) for name, amount_bytes in parts.items()),
        MemoryRow("activations, graphs and communication", memory.overhead_bytes),
        MemoryRow("KV cache", memory.kv_cache_bytes),
        MemoryRow("left to the device", memory.accelerator_bytes - memory.usable_bytes),
    )
