"""Which limits of the scheduler a plan takes: those nearest to the defaults that spare most accelerators."""

from collections.abc import Callable

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.capacity import Room, SizedLayout
from neuroscale.planning.scheduler_limits import (
    REQUESTS_PER_RANK,
    SEVERITIES_OF_LIMITS,
    SchedulerLimits,
    batches_worth_trying,
    default_batched_tokens,
    request_limits,
)


def most_room(sized: SizedLayout, accelerator: Accelerator) -> Room:
    """Return the room under the tightest limits: what does not fit there fits under none."""
    batches = batches_worth_trying(sized.architecture, accelerator)
    tightest = sized.room(SchedulerLimits(batches[-1], 1), accelerator)
    if batches[-1] is None or batches[-1] <= default_batched_tokens(accelerator):
        return tightest
    # The least batch that can be stated is larger than the default.
    return max(tightest, sized.room(SchedulerLimits(None, 1), accelerator), key=lambda room: room.held_requests)


def choose_room(
    sized: SizedLayout,
    accelerator: Accelerator,
    most_held: int,
    shortage: Callable[[int], int],
    kept: Callable[[int | None], int | None],
) -> Room | None:
    """Return the room under the limits that leave the least shortage; None where no limits leave any room.

    Of limits that leave the same, those that make requests wait least come first: no limit below what small devices
    run by default, then the largest batch, then the largest limit.

    Args:
        sized: The layout.
        accelerator: What it runs on.
        most_held: Requests that fit under the tightest limits.
        shortage: What so many requests of one data-parallel rank leave wanting, such as the replicas that it takes;
            never more for more requests.
        kept: The most requests that keep the latency that is asked for, under a batch; 0 where not even one does,
            None where none is asked for.
    """
    least_shortage = shortage(min(most_held, REQUESTS_PER_RANK))
    batches = batches_worth_trying(sized.architecture, accelerator)
    best: tuple[int, Room] | None = None
    for severity in range(SEVERITIES_OF_LIMITS):
        for batch in batches:
            for limit in request_limits(accelerator, kept(batch), severity):
                room = sized.room(SchedulerLimits(batch, limit), accelerator)
                if room.requests < 1:
                    continue
                left = shortage(room.requests)
                if left <= least_shortage:
                    return room
                if best is None or left < best[0]:
                    best = left, room
    return None if best is None else best[1]
