"""What the memory model says of a deployment beside what its engine reported."""

from dataclasses import dataclass

from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.cache_reservation import attention_block_tokens
from neuroscale.sizing.kv_cache import (
    cache_element_bytes,
    kv_cache_bytes_per_request,
)
from neuroscale.sizing.memory import memory_budget, request_capacity
from neuroscale.sizing.overhead import overhead_bytes
from neuroscale.sizing.weights import weight_bytes_per_accelerator
from tests.sizing.observations.records import Observation

GIBIBYTE = 2**30
# The engines print two decimals.
_ROUNDING_GIB = 0.005
_FAILED = frozenset({"weights exceed memory", "no room for the cache", "cache too small"})


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure that is known between two ends, in the unit that the engine prints."""

    least: float
    most: float

    def distance(self, observed: float) -> float:
        """Return how far outside a figure is, as a share of it, below zero for one that is too small."""
        if observed < self.least:
            return (observed - self.least) / observed
        return max(0.0, (observed - self.most) / observed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the model says of a deployment what happened.

    Attributes:
        says: The answer in words.
        is_right: Whether what happened is possible by it, and what did not work is not promised.
    """

    says: str
    is_right: bool


def weights_gib(observation: Observation) -> Interval:
    """Return the bounds of the weights on the fullest accelerator."""
    weights = weight_bytes_per_accelerator(observation.architecture(), observation.settings())
    assert weights is not None
    return _interval(weights)


def concurrency(observation: Observation) -> Interval:
    """Return the requests of the reported length that the reported memory holds, of what the engine reserves.

    An interval for the digits of the memory that the engine does not print.
    """
    tokens, memory = observation.observed["maximum_tokens"], observation.observed["kv_cache_gib"] * GIBIBYTE
    request = kv_cache_bytes_per_request(observation.architecture(), observation.settings(), int(tokens))
    assert request is not None
    rounding = _rounding_bytes(observation)
    return Interval(
        (memory - rounding) / request.pessimistic_bytes, (memory + rounding) / request.pessimistic_bytes
    )


def request_gib(observation: Observation) -> Interval:
    """Return what a request of the maximum length occupies at the least, and what the engine reserves for it."""
    tokens = int(observation.observed["maximum_tokens"])
    request = kv_cache_bytes_per_request(observation.architecture(), observation.settings(), tokens)
    assert request is not None
    return _interval(request)


def bytes_per_token(observation: Observation) -> tuple[Interval, int]:
    """Return bytes of the cache per token, as reported and as predicted for one rank without windows."""
    memory, tokens = observation.observed["kv_cache_gib"] * GIBIBYTE, observation.observed["kv_cache_tokens"]
    block = 1024
    request = kv_cache_bytes_per_request(observation.architecture(), observation.settings(), block)
    assert request is not None
    rounding = _rounding_bytes(observation)
    return Interval((memory - rounding) / tokens, (memory + rounding) / tokens), request.pessimistic_bytes // block


def activation_gib(observation: Observation) -> Interval:
    """Return the bounds of what profiling takes beside the weights: activations and memory outside PyTorch."""
    overhead = overhead_bytes(observation.architecture(), observation.settings(), observation.device())
    return _interval(overhead)


def kv_cache_gib(observation: Observation) -> Interval | None:
    """Return the bounds of the memory left for the cache; None where the accelerator is not known."""
    device = observation.device()
    if device is None:
        return None
    budget = memory_budget(observation.architecture(), observation.settings(), device)
    assert budget.least_kv_cache_bytes is not None
    assert budget.most_kv_cache_bytes is not None
    return Interval(budget.least_kv_cache_bytes / GIBIBYTE, budget.most_kv_cache_bytes / GIBIBYTE)


def attention_block(observation: Observation) -> int:
    """Return the tokens per block of attention layers that stand beside recurrent ones."""
    architecture, settings = observation.architecture(), observation.settings()
    assert architecture.attention is not None
    element = cache_element_bytes(architecture, settings)
    return attention_block_tokens(architecture.attention.groups, settings, element.most)


def fits(observation: Observation) -> Verdict | None:
    """Return what the model says about starting; None where the accelerator is not known."""
    device = observation.device()
    if device is None:
        return None
    architecture, settings = observation.architecture(), observation.settings()
    budget = memory_budget(architecture, settings, device)
    stated = settings.maximum_model_length_tokens
    tokens = stated if isinstance(stated, int) else architecture.context and architecture.context.original_tokens
    capacity = request_capacity(architecture, settings, budget, int(tokens or 1))
    request = kv_cache_bytes_per_request(architecture, settings, int(tokens or 1))
    assert capacity is not None
    assert request is not None
    assert budget.most_kv_cache_bytes is not None
    cannot = budget.certainly_exceeded or request.optimistic_bytes > budget.most_kv_cache_bytes
    promised = capacity.least_requests >= 1
    says = "cannot start" if cannot else "starts" if promised else "may start"
    if observation.outcome == "weights exceed memory":
        return Verdict(says, budget.certainly_exceeded)
    return Verdict(says, not promised if observation.outcome in _FAILED else not cannot)


def _rounding_bytes(observation: Observation) -> float:
    return observation.observed.get("rounding_gib", _ROUNDING_GIB) * GIBIBYTE


def _interval(bounds: ByteBounds) -> Interval:
    return Interval(bounds.optimistic_bytes / GIBIBYTE, bounds.pessimistic_bytes / GIBIBYTE)
