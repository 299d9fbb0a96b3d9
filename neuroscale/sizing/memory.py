"""What an accelerator's memory is spent on, and what is left for requests."""

import math
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_human_readable_integer
from neuroscale.engines.vllm_facts import default_gpu_memory_utilization
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_further_request, kv_cache_bytes_per_request
from neuroscale.sizing.overhead import overhead_bytes
from neuroscale.sizing.static_share import least_default_static_share
from neuroscale.sizing.visible_memory import least_visible_bytes
from neuroscale.sizing.weights import weight_bytes_per_accelerator


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """The memory of one accelerator of a deployment.

    Attributes:
        memory_bytes: The device's memory, an upper bound. `least_kv_cache_bytes` rests on what a process surely
            sees of it.
        gpu_memory_utilization: Share that the engine takes.
        usable_bytes: Memory x utilisation.
        weights: Weights on the fullest accelerator; None when the parameters are not known.
        overhead: Activations, buffers and CUDA graphs.
        most_kv_cache_bytes: KV cache left in the best case; negative when even that does not start.
        least_kv_cache_bytes: KV cache left when everything takes what it prudently may; negative when nothing is.
    """

    memory_bytes: int
    gpu_memory_utilization: float
    usable_bytes: int
    weights: ByteBounds | None
    overhead: ByteBounds
    most_kv_cache_bytes: int | None
    least_kv_cache_bytes: int | None

    @property
    def certainly_exceeded(self) -> bool:
        """Whether the weights and overhead exceed the budget even in the best case: the engine cannot start."""
        return self.most_kv_cache_bytes is not None and self.most_kv_cache_bytes <= 0

    @property
    def certainly_sufficient(self) -> bool:
        """Whether memory for requests is left even in the worst case that we plan for."""
        return self.least_kv_cache_bytes is not None and self.least_kv_cache_bytes > 0


@dataclass(frozen=True, slots=True)
class RequestCapacity:
    """Requests of one length that fit beside each other in one data-parallel rank's KV cache.

    Attributes:
        tokens: Prompt and output together.
        bytes_per_request: What each request beyond the first occupies at most, on one accelerator.
        most_requests: In the best case; None when nothing that grows with requests is certain.
        least_requests: When everything takes what it prudently may.
    """

    tokens: int
    bytes_per_request: int
    most_requests: int | None
    least_requests: int


def memory_budget(
    architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator
) -> MemoryBudget:
    """Return how the memory of one accelerator is spent.

    KV cache = memory x utilisation - weights - overhead; `--kv-cache-memory-bytes` fixes the KV cache instead and
    makes the whole device usable.

    The share that SGLang takes of a device where `--mem-fraction-static` is not given lies between all of it and
    `least_default_static_share`.

    Source: vLLM 0.33.0, `determine_available_memory` and documentation of `--kv-cache-memory-bytes`; SGLang 0.5.23,
    `_profile_available_bytes`.
    """
    weights = weight_bytes_per_accelerator(architecture, settings)
    overhead = overhead_bytes(architecture, settings, accelerator)
    fixed = read_human_readable_integer(settings.options.get("--kv-cache-memory-bytes", ""))
    utilization = least_utilization = 1.0
    if not fixed:
        utilization, least_utilization = _utilization(architecture, settings, accelerator)
    usable = math.floor(accelerator.memory_bytes * utilization)
    most = least = None
    if weights is not None:
        most = usable - weights.optimistic_bytes - overhead.optimistic_bytes
        visible = math.floor(least_visible_bytes(accelerator) * least_utilization)
        least = visible - weights.pessimistic_bytes - overhead.pessimistic_bytes
        if fixed is not None and fixed > 0:
            most, least = min(fixed, most), min(fixed, least)
    return MemoryBudget(accelerator.memory_bytes, utilization, usable, weights, overhead, most, least)


def _utilization(
    architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator
) -> tuple[float, float]:
    """Return the share of the device that the engine takes, at the most and at the least."""
    stated = settings.gpu_memory_utilization
    if stated is None and settings.engine == "sglang":
        return 1.0, least_default_static_share(architecture, settings, accelerator)
    taken = stated or default_gpu_memory_utilization(settings.version)
    return taken, taken


def request_capacity(
    architecture: ModelArchitecture, settings: EngineSettings, budget: MemoryBudget, tokens: int
) -> RequestCapacity | None:
    """Return how many requests of `tokens` fit at once in the KV cache of one data-parallel rank.

    None when the weights or the attention are not known. Sliding layers reserve room for the batch in flight, which
    all requests share: it is counted with the first request only.
    """
    first = kv_cache_bytes_per_request(architecture, settings, tokens)
    further = kv_cache_bytes_per_further_request(architecture, settings, tokens)
    most, least = budget.most_kv_cache_bytes, budget.least_kv_cache_bytes
    if first is None or further is None or most is None or least is None:
        return None
    # Even a model whose state does not grow occupies something with every request.
    per_request = max(1, further.pessimistic_bytes)
    least_requests = 0 if least < first.pessimistic_bytes else 1 + (least - first.pessimistic_bytes) // per_request
    most_requests = max(0, most) // further.optimistic_bytes if further.optimistic_bytes > 0 else None
    return RequestCapacity(tokens, per_request, most_requests, least_requests)
