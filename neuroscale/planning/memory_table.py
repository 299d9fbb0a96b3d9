"""The memory budget of one accelerator, row by row."""

from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.planning.plan import ServingPlan
from neuroscale.planning.weight_parts import weight_parts

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
    parts, others_bytes = weight_parts(plan, architecture, _LEAST_SHOWN_SHARE * memory.usable_bytes)
    if others_bytes:
        parts["other"] = others_bytes
    return (
        *(MemoryRow(f"weights: {name}", amount_bytes) for name, amount_bytes in parts.items()),
        MemoryRow("activations, graphs and communication", memory.overhead_bytes),
        MemoryRow("KV cache", memory.kv_cache_bytes),
        MemoryRow("left to the device", memory.accelerator_bytes - memory.usable_bytes),
    )
