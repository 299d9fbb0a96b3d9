"""The memory budget of plans as a drawing: what each accelerator holds, and what is left for requests."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.pictures.bars import Bar, BarDrawing, Mark, Segment
from neuroscale.planning.plan import ServingPlan
from neuroscale.planning.scheduler_limits import BATCHED_TOKENS
from neuroscale.planning.weight_parts import weight_parts
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request

_GIBIBYTE = 1 << 30

_OTHER_NAME = "other weights"
# What is thinner cannot be seen in a bar: it is drawn with the other weights.
_THINNEST_SHARE = 0.01


def memory_drawing(plans: Sequence[ServingPlan], architecture: ModelArchitecture) -> BarDrawing:
    """Return one bar for each plan: the memory of one of its accelerators.

    Of every estimate it is the pessimistic figure. The KV cache is told apart into what the requests of the plan
    take, the first of them as long as the context, and what more there is. The mark is what the engine may take of
    the device; what is beyond it nobody uses.
    """
    bars = tuple(_bar(plan, architecture) for plan in plans)
    return BarDrawing(
        title="Memory of each accelerator",
        description=" ".join(
            f"{bar.label}: {', '.join(f'{segment.name} {segment.text}' for segment in bar.segments)}."
            for bar in bars
        ),
        bars=bars,
    )


def _bar(plan: ServingPlan, architecture: ModelArchitecture) -> Bar:
    memory = plan.memory
    usable = f"{memory.usable_bytes / _GIBIBYTE:.1f} of {memory.accelerator_bytes / _GIBIBYTE:.1f} GiB usable"
    return Bar(
        label=f"each of {plan.accelerators_per_replica} x {plan.accelerator.name}",
        segments=tuple(_segments(plan, architecture)),
        mark=Mark(memory.usable_bytes / _GIBIBYTE, usable),
    )


def _segments(plan: ServingPlan, architecture: ModelArchitecture) -> Iterator[Segment]:
    memory = plan.memory
    parts, thin_bytes = weight_parts(plan, architecture, _THINNEST_SHARE * memory.accelerator_bytes)
    for name, amount_bytes in parts.items():
        yield _segment(name, amount_bytes)
    if thin_bytes > 0:
        yield _segment(_OTHER_NAME, thin_bytes)
    yield _segment("activations and graphs", memory.overhead_bytes)
    requested_bytes = _requested_bytes(plan, architecture)
    yield _segment("KV cache of the requests", requested_bytes)
    if memory.kv_cache_bytes > requested_bytes:
        yield _segment("spare KV cache", memory.kv_cache_bytes - requested_bytes)
    unused = memory.accelerator_bytes - memory.weights_bytes - memory.overhead_bytes - memory.kv_cache_bytes
    if unused > 0:
        yield Segment("not used", unused / _GIBIBYTE, f"{unused / _GIBIBYTE:.1f} GiB", is_free=True)


def _requested_bytes(plan: ServingPlan, architecture: ModelArchitecture) -> int:
    """Return the cache of the requests of one rank; the first reserves the steps in flight as well."""
    memory, settings = plan.memory, plan.settings
    options = {**settings.options, BATCHED_TOKENS: str(plan.scheduler.batched_tokens)}
    first = kv_cache_bytes_per_request(architecture, replace(settings, options=options), plan.context_length_tokens)
    first_bytes = memory.kv_cache_bytes_per_request if first is None else first.pessimistic_bytes
    further = plan.concurrent_requests_per_replica // settings.data_parallel_size - 1
    return min(memory.kv_cache_bytes, first_bytes + further * memory.kv_cache_bytes_per_request)


def _segment(name: str, amount_bytes: int) -> Segment:
    return Segment(name, amount_bytes / _GIBIBYTE, f"{amount_bytes / _GIBIBYTE:.1f} GiB")
