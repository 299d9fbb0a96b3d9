"""What a layout needs of every accelerator, and how many requests the rest of the memory holds."""

import math
from dataclasses import dataclass, field, replace

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import default_gpu_memory_utilization
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.candidates import Layout
from neuroscale.planning.plan import MemoryPlan
from neuroscale.planning.scheduler_limits import REQUESTS_PER_RANK, SchedulerLimits, with_limits
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_further_request, kv_cache_bytes_per_request
from neuroscale.sizing.overhead import overhead_bytes
from neuroscale.sizing.visible_memory import least_visible_bytes
from neuroscale.sizing.weights import weight_bytes_per_accelerator

_GIBIBYTE = 1 << 30


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
    """How many requests fit under what the scheduler is told.

    Attributes:
        requests: Of the length that is promised, of one data-parallel rank, and no more than it runs at once; 0
            where not even one fits.
        held_requests: How many the memory holds, whatever number the engine runs at once.
        limits: What the scheduler is told.
        settings: The settings with them.
        memory: The budget with room for the requests.
    """

    requests: int
    held_requests: int
    limits: SchedulerLimits
    settings: EngineSettings
    memory: MemoryPlan


@dataclass(frozen=True, slots=True)
class SizedLayout:
    """A layout with what does not depend on the accelerator, each part of it worked out once.

    Attributes:
        layout: How a replica is divided.
        architecture: The model.
        base: The settings without limits of the scheduler.
        memory: What they need.
        context_length_tokens: Longest request.
    """

    layout: Layout
    architecture: ModelArchitecture
    base: EngineSettings
    memory: LayoutMemory
    context_length_tokens: int
    _settings: dict[SchedulerLimits, EngineSettings] = field(default_factory=dict, compare=False, repr=False)
    _first_request_bytes: dict[int | None, int] = field(default_factory=dict, compare=False, repr=False)

    def settings(self, limits: SchedulerLimits) -> EngineSettings:
        """Return the settings under limits: the same object each time, as estimates are kept for objects."""
        if limits not in self._settings:
            self._settings[limits] = with_limits(self.base, limits)
        return self._settings[limits]

    def needed(self, limits: SchedulerLimits) -> LayoutMemory:
        """Return what the settings need under limits: a window keeps a batch in flight for the first request."""
        batch = limits.batched_tokens
        if batch is None:
            return self.memory
        if batch not in self._first_request_bytes:
            settings = self.settings(SchedulerLimits(batch))
            first = kv_cache_bytes_per_request(self.architecture, settings, self.context_length_tokens)
            self._first_request_bytes[batch] = (
                self.memory.first_request_bytes if first is None else first.pessimistic_bytes
            )
        return replace(self.memory, first_request_bytes=self._first_request_bytes[batch])

    def room(self, limits: SchedulerLimits, accelerator: Accelerator) -> Room:
        """Return how many requests fit on an accelerator under limits."""
        settings, needed = self.settings(limits), self.needed(limits)
        memory = _memory_on(needed, self.architecture, settings, accelerator)
        rest_bytes = memory.kv_cache_bytes - needed.first_request_bytes
        held = 0 if rest_bytes < 0 else 1 + rest_bytes // needed.further_request_bytes
        most = REQUESTS_PER_RANK if limits.requests is None else limits.requests
        return Room(min(held, most), held, limits, settings, memory)


def sized_layout(
    layout: Layout,
    architecture: ModelArchitecture,
    settings: EngineSettings,
    context_length_tokens: int,
    request_tokens: int,
) -> SizedLayout:
    """Return a layout with what its settings need, worked out once for all kinds of accelerators.

    Args:
        layout: How a replica is divided.
        architecture: The model.
        settings: Those of the layout.
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
    memory = LayoutMemory(
        gpu_memory_utilization=default_gpu_memory_utilization(settings.version),
        weights_bytes=weights.pessimistic_bytes,
        first_request_bytes=first.pessimistic_bytes,
        further_request_bytes=max(1, further.pessimistic_bytes),
    )
    return SizedLayout(layout, architecture, settings, memory, context_length_tokens)


def _memory_on(
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
