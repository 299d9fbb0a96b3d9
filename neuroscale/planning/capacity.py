"""What a layout needs of every accelerator, and how many requests the rest of the memory holds."""

import math
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import default_gpu_memory_utilization
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.candidates import with_maximum_sequences
from neuroscale.planning.plan import MemoryPlan
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_further_request, kv_cache_bytes_per_request
from neuroscale.sizing.overhead import overhead_bytes
from neuroscale.sizing.visible_memory import least_visible_bytes
from neuroscale.sizing.weights import weight_bytes_per_accelerator

_GIBIBYTE = 1 << 30

# Requests that one data-parallel rank runs at once when `--max-num-seqs` is not given, on the smaller devices; some
# larger ones take 1024. Source: vLLM 0.33.0, defaults of EngineArgs by device and usage.
REQUESTS_PER_RANK = 256

_MOST_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class LayoutMemory:
    """What the settings need of the fullest accelerator, whichever it is; the pessimistic figures.

    Attributes:
        gpu_memory_utilization: Share of the device that the engine takes.
        weights_bytes: Weights.
        first_request_bytes: KV cache of one request at the longest context.
        further_request_bytes: What each request beyond the first adds, of the length that is promised; at least 1.
    """

    gpu_memory_utilization: float
    weights_bytes: int
    first_request_bytes: int
    further_request_bytes: int


@dataclass(frozen=True, slots=True)
class Room:
    """How many requests fit.

    Attributes:
        requests: Of one data-parallel rank; 0 where not even one fits.
        settings: What the engine is told: the number too, where its default would take the room, or fill it.
        memory: The budget with room for them.
    """

    requests: int
    settings: EngineSettings
    memory: MemoryPlan


def layout_memory(
    architecture: ModelArchitecture, settings: EngineSettings, context_length_tokens: int, request_tokens: int
) -> LayoutMemory:
    """Return what the settings need, worked out once for all kinds of accelerators.

    Args:
        architecture: The model.
        settings: How it is divided.
        context_length_tokens: Of the longest request, which every rank holds one of.
        request_tokens: Of the others.

    Raises:
        InvalidInputError: The architecture is not known well enough.
    """
    weights = weight_bytes_per_accelerator(architecture, settings)
    first = kv_cache_bytes_per_request(architecture, settings, context_length_tokens)
    further = kv_cache_bytes_per_further_request(architecture, settings, request_tokens)
    if weights is None or first is None or further is None:
        raise InvalidInputError("the architecture is not known well enough to size its memory", field="model")
    return LayoutMemory(
        gpu_memory_utilization=default_gpu_memory_utilization(settings.version),
        weights_bytes=weights.pessimistic_bytes,
        first_request_bytes=first.pessimistic_bytes,
        further_request_bytes=max(1, further.pessimistic_bytes),
    )


def memory_on(
    needed: LayoutMemory, architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator
) -> MemoryPlan:
    """Return the budget of one accelerator; the cache is negative where nothing is left for it.

    The sums are those of `sizing.memory`, of which every plan is shown to be an instance; only the weights are not
    counted anew for every kind of accelerator.
    """
    usable_bytes = math.floor(least_visible_bytes(accelerator) * needed.gpu_memory_utilization)
    overhead = overhead_bytes(architecture, settings, accelerator).pessimistic_bytes
    return MemoryPlan(
        accelerator_bytes=accelerator.memory_bytes,
        usable_bytes=usable_bytes,
        weights_bytes=needed.weights_bytes,
        overhead_bytes=overhead,
        kv_cache_bytes=usable_bytes - needed.weights_bytes - overhead,
        kv_cache_bytes_per_request=needed.further_request_bytes,
    )


def requests_that_fit(
    needed: LayoutMemory, architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator
) -> Room:
    """Return the requests at the longest context that one data-parallel rank holds, at most what is promised.

    The more requests the engine may run, the more memory it sets aside for sampling, so that a limit makes room for
    requests: the largest limit that its own room holds is looked for.
    """
    memory = memory_on(needed, architecture, settings, accelerator)
    if _held(needed, memory) >= REQUESTS_PER_RANK:
        return Room(REQUESTS_PER_RANK, settings, memory)
    tightest = _limited(needed, architecture, settings, accelerator, 1)
    limit = min(_held(needed, tightest.memory), REQUESTS_PER_RANK)
    if limit < 1:
        return Room(0, tightest.settings, tightest.memory)
    # What the tightest limit leaves bounds every other from above; each attempt bounds the next.
    for _ in range(_MOST_ATTEMPTS):
        tried = _limited(needed, architecture, settings, accelerator, limit)
        held = _held(needed, tried.memory)
        if held >= limit:
            return tried
        limit = max(1, held)
    return tightest


def _limited(
    needed: LayoutMemory,
    architecture: ModelArchitecture,
    settings: EngineSettings,
    accelerator: Accelerator,
    limit: int,
) -> Room:
    limited = with_maximum_sequences(settings, limit)
    return Room(limit, limited, memory_on(needed, architecture, limited, accelerator))


def _held(needed: LayoutMemory, memory: MemoryPlan) -> int:
    rest_bytes = memory.kv_cache_bytes - needed.first_request_bytes
    return 0 if rest_bytes < 0 else 1 + rest_bytes // needed.further_request_bytes


def memory_sentence(needed: LayoutMemory, memory: MemoryPlan, context_length_tokens: int) -> str:
    """Return the sum that does not fit, with its numbers."""
    weights, overhead, request, usable = (
        f"{amount_bytes / _GIBIBYTE:.2f} GiB"
        for amount_bytes in (
            needed.weights_bytes,
            memory.overhead_bytes,
            needed.first_request_bytes,
            memory.usable_bytes,
        )
    )
    return (
        f"{weights} weights + {overhead} overhead + {request} KV cache for one request of "
        f"{context_length_tokens} tokens exceed the {usable} usable per accelerator"
    )
