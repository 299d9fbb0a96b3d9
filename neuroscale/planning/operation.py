"""How a layout is run: how many requests at once, in what batches, by how many replicas, and how fast that is."""

import math
from dataclasses import dataclass
from functools import cache

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.capacity import Room, SizedLayout
from neuroscale.planning.plan import ConcurrencyLimit, Demand, SchedulerPlan
from neuroscale.planning.room_choice import choose_room
from neuroscale.planning.scheduler_limits import (
    REQUESTS_PER_RANK,
    SchedulerLimits,
    default_batched_tokens,
    default_requests,
)
from neuroscale.planning.speed import BatchChoice, Replica, ReplicaSpeed, SpeedDemand, choose_batch, replica_of
from neuroscale.sizing.memory import memory_budget, request_capacity

_NOTHING_KNOWN = "nothing is known of its speed, and a latency was asked for"


@dataclass(frozen=True, slots=True)
class Operation:
    """How a layout is run on one kind of accelerator.

    Attributes:
        room: What the scheduler is told, and the requests of the promised length that fit.
        kept_requests: The most requests of a rank that keep the latency that is asked for; None where none is.
        replicas: Replicas that always run: enough for the requests at once, and prudently for the tokens.
        speed: With those requests; None where nothing is known of it.
    """

    room: Room
    kept_requests: int | None
    replicas: int
    speed: ReplicaSpeed | None

    @property
    def concurrency_limit(self) -> ConcurrencyLimit:
        """Why a rank does not run more requests of the promised length."""
        if self.room.requests < min(self.room.held_requests, REQUESTS_PER_RANK):
            return self.running_limit
        return "memory" if self.room.requests < REQUESTS_PER_RANK else "engine default"

    @property
    def running_limit(self) -> ConcurrencyLimit:
        """Why a rank does not run more requests at once, however short they are."""
        limit = self.room.limits.requests
        if limit is None:
            return "engine default"
        if self.kept_requests is not None and limit == self.kept_requests:
            return "latency"
        return "memory"


def choose_operation(
    sized: SizedLayout, accelerator: Accelerator, demand: Demand, speed: SpeedDemand, *, most_held: int
) -> Operation | str:
    """Return how a layout is run with the fewest replicas, or why none is as fast as it is asked to be.

    Args:
        sized: The layout.
        accelerator: What it runs on.
        demand: What the endpoint must do.
        speed: What is asked of the speed.
        most_held: Requests that one rank holds under the tightest limits, at least 1.
    """
    ranks = sized.base.data_parallel_size

    @cache
    def replica(batch: int | None) -> Replica | None:
        return replica_of(sized.architecture, sized.settings(SchedulerLimits(batch)), accelerator, speed)

    @cache
    def choice(batch: int | None) -> BatchChoice:
        known = replica(batch)
        return BatchChoice(0, refusal=_NOTHING_KNOWN) if known is None else choose_batch(known, REQUESTS_PER_RANK)

    def kept(batch: int | None) -> int | None:
        return choice(batch).requests_per_rank if speed.asks_for_latency else None

    def certainly_kept(batch: int | None) -> int | None:
        return 0 if speed.asks_for_latency and not choice(batch).is_certain else kept(batch)

    def replicas(requests: int) -> int:
        return max(demand.least_replicas, math.ceil(demand.concurrent_requests / (requests * ranks)))

    def operation(chosen: Room) -> Operation:
        room = _as_many_as_copies_leave(sized, accelerator, chosen)
        estimated = replica(room.limits.batched_tokens)
        known = None if estimated is None else estimated.speed(room.requests)
        needed = replicas(room.requests)
        if demand.tokens_per_second is not None and known is not None:
            needed = max(needed, math.ceil(demand.tokens_per_second / known.rate.pessimistic_tokens_per_second))
        return Operation(room, kept(room.limits.batched_tokens), needed, known)

    for allowed in (certainly_kept, kept):
        room = choose_room(sized, accelerator, most_held, replicas, allowed)
        if room is None:
            continue
        chosen = operation(room)
        if chosen.replicas > replicas(room.requests):
            # The tokens take more replicas than the requests: with more requests at once, fewer may make them.
            fuller = choose_room(sized, accelerator, most_held, lambda held: REQUESTS_PER_RANK - held, allowed)
            more = None if fuller is None else operation(fuller)
            if more is not None and more.replicas < chosen.replicas:
                return more
        return chosen
    return choice(None).refusal or "the batches that leave room for a request are slower than asked"


def _as_many_as_copies_leave(sized: SizedLayout, accelerator: Accelerator, room: Room) -> Room:
    """Return the room with no more requests than fit at full length beside the copies of a latent cache.

    Tensor parallelism keeps the latent cache once per rank. That answers few requests soonest and costs nothing as
    long as all that may run fit; more of them are served better by ranks with a cache of their own, which is what
    the rules say of a deployment that lets more run.
    """
    attention = sized.architecture.attention
    if attention is None or not attention.is_latent or sized.base.tensor_parallel_size == 1:
        return room
    budget = memory_budget(sized.architecture, room.settings, accelerator)
    capacity = request_capacity(sized.architecture, room.settings, budget, sized.context_length_tokens)
    if capacity is None or capacity.least_requests < 1:
        return room
    limit = min(_round_limit(capacity.least_requests), room.limits.requests or REQUESTS_PER_RANK)
    return sized.room(SchedulerLimits(room.limits.batched_tokens, limit), accelerator)


def _round_limit(requests: int) -> int:
    """Return the largest power of two that is no more than so many requests."""
    return 1 << (requests.bit_length() - 1)


def scheduler_plan(sized: SizedLayout, accelerator: Accelerator, operation: Operation) -> SchedulerPlan:
    """Return what the engine may take at once, and what its limits leave for requests."""
    limits, memory = operation.room.limits, operation.room.memory
    by_batch = by_limit = 0
    if limits.batched_tokens is not None:
        by_default = SchedulerLimits(None, limits.requests)
        by_batch = sized.room(by_default, accelerator).memory.overhead_bytes - memory.overhead_bytes
        by_batch += sized.needed(by_default).first_request_bytes - sized.needed(limits).first_request_bytes
    if operation.running_limit == "memory":
        by_default = SchedulerLimits(limits.batched_tokens, None)
        by_limit = sized.room(by_default, accelerator).memory.overhead_bytes - memory.overhead_bytes
    running = default_requests(accelerator) if limits.requests is None else limits.requests
    default_tokens = default_batched_tokens(accelerator)
    return SchedulerPlan(
        running_requests_per_replica=running * sized.base.data_parallel_size,
        running_limit=operation.running_limit,
        batched_tokens=default_tokens if limits.batched_tokens is None else limits.batched_tokens,
        default_batched_tokens=default_tokens,
        freed_by_batch_bytes=by_batch,
        freed_by_limit_bytes=by_limit,
    )
