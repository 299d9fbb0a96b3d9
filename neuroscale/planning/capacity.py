"""What a layout needs of every accelerator, and how many requests the rest of the memory holds."""

import math
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import default_gpu_memory_utilization
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.plan import MemoryPlan
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_further_request, kv_cache_bytes_per_request
from neuroscale.sizing.overhead import overhead_bytes
from neuroscale.sizing.weights import weight_bytes_per_accelerator

_GIBIBYTE = 1 << 30

# Requests that one data-parallel rank runs at once when `--max-num-seqs` is not given, on the smaller devices; some
# larger ones take 1024. Source: vLLM 0.33.0, defaults of EngineArgs by device and usage.
REQUESTS_PER_RANK = 256


@dataclass(frozen=True, slots=True)
class LayoutMemory:
    """What the settings need of the fullest accelerator, whichever it is; the pessimistic figures.

    Attributes:
        gpu_memory_utilization: Share of the device that the engine takes.
        weights_bytes: Weights.
        overhead_bytes: Activations, graphs and communication buffers.
        first_request_bytes: KV cache of one request at the longest context.
        further_request_bytes: What each request beyond the first adds; at least 1.
    """

    gpu_memory_utilization: float
    weights_bytes: int
    overhead_bytes: int
    first_request_bytes: int
    further_request_bytes: int


def layout_memory(
    architecture: ModelArchitecture, settings: EngineSettings, context_length_tokens: int
) -> LayoutMemory:
    """Return what the settings need, worked out once for all kinds of accelerators.

    Raises:
        InvalidInputError: The architecture is not known well enough.
    """
    weights = weight_bytes_per_accelerator(architecture, settings)
    first = kv_cache_bytes_per_request(architecture, settings, context_length_tokens)
    further = kv_cache_bytes_per_further_request(architecture, settings, context_length_tokens)
    if weights is None or first is None or further is None:
        raise InvalidInputError("the architecture is not known well enough to size its memory", field="model")
    return LayoutMemory(
        gpu_memory_utilization=default_gpu_memory_utilization(settings.version),
        weights_bytes=weights.pessimistic_bytes,
        overhead_bytes=overhead_bytes(architecture, settings).pessimistic_bytes,
        first_request_bytes=first.pessimistic_bytes,
        further_request_bytes=max(1, further.pessimistic_bytes),
    )


def memory_on(needed: LayoutMemory, accelerator: Accelerator) -> tuple[MemoryPlan, int]:
    """Return the budget of one accelerator, and the requests at the longest context that one rank holds.

    The sums are those of `sizing.memory`, of which every plan is shown to be an instance.
    """
    usable_bytes = math.floor(accelerator.memory_bytes * needed.gpu_memory_utilization)
    cache_bytes = usable_bytes - needed.weights_bytes - needed.overhead_bytes
    rest_bytes = cache_bytes - needed.first_request_bytes
    plan = MemoryPlan(
        accelerator_bytes=accelerator.memory_bytes,
        usable_bytes=usable_bytes,
        weights_bytes=needed.weights_bytes,
        overhead_bytes=needed.overhead_bytes,
        kv_cache_bytes=cache_bytes,
        kv_cache_bytes_per_request=needed.further_request_bytes,
    )
    return plan, 0 if rest_bytes < 0 else 1 + rest_bytes // needed.further_request_bytes


def memory_sentence(needed: LayoutMemory, memory: MemoryPlan, context_length_tokens: int) -> str:
    """Return the sum that does not fit, with its numbers."""
    weights, overhead, request, usable = (
        f"{amount_bytes / _GIBIBYTE:.2f} GiB"
        for amount_bytes in (
            needed.weights_bytes,
            needed.overhead_bytes,
            needed.first_request_bytes,
            memory.usable_bytes,
        )
    )
    return (
        f"{weights} weights + {overhead} overhead + {request} KV cache for one request of "
        f"{context_length_tokens} tokens exceed the {usable} usable per accelerator"
    )
