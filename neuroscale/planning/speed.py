"""How fast a layout serves, and how many requests at once leave it as fast as it is asked to be."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.plan import TokenRate
from neuroscale.sizing.throughput.assumptions import FEWEST_CHUNK_TOKENS
from neuroscale.sizing.throughput.decode import decode_step
from neuroscale.sizing.throughput.estimate import Limit, PhaseEstimate, SecondsBounds
from neuroscale.sizing.throughput.prefill import prefill


@dataclass(frozen=True, slots=True)
class SpeedDemand:
    """What is asked of the speed, and the requests for which it is asked.

    Attributes:
        prompt_tokens: Length of a typical prompt.
        output_tokens: Length of its answer: the rest of the context, at least 1.
        time_to_first_token_seconds: At most; None asks nothing.
        time_per_output_token_seconds: At most; None asks nothing.
    """

    prompt_tokens: int
    output_tokens: int
    time_to_first_token_seconds: float | None = None
    time_per_output_token_seconds: float | None = None

    @property
    def asks_for_latency(self) -> bool:
        """Whether either latency is limited."""
        return self.time_to_first_token_seconds is not None or self.time_per_output_token_seconds is not None


@dataclass(frozen=True, slots=True)
class ReplicaSpeed:
    """The speed of one replica each of whose data-parallel ranks runs so many requests at once."""

    requests_per_rank: int
    time_to_first_token: SecondsBounds
    time_per_output_token: SecondsBounds
    rate: TokenRate
    prefill_bound_by: Limit
    decode_bound_by: Limit


@dataclass(frozen=True, slots=True)
class BatchChoice:
    """The largest batch that meets what is asked, or why none does.

    Attributes:
        requests_per_rank: 0 when even one request is too slow at best.
        speed: At that batch; None where nothing is known of it.
        shortfalls: What the batch meets at best, but not for certain: one sentence each.
        refusal: Why there is no batch; "" when there is one.
    """

    requests_per_rank: int
    speed: ReplicaSpeed | None
    shortfalls: tuple[str, ...] = ()
    refusal: str = ""


def choose_batch(
    architecture: ModelArchitecture,
    settings: EngineSettings,
    accelerator: Accelerator,
    demand: SpeedDemand,
    most_requests: int,
) -> BatchChoice:
    """Return the most requests of one rank, up to `most_requests`, at which both latencies are as asked.

    The pessimistic bounds have to meet what is asked. Where they do not even for a single request, the most for
    which the optimistic ones do is taken, and the shortfall is told.
    """
    prompt = prefill(architecture, settings, accelerator, demand.prompt_tokens)
    if prompt is None or decode_step(architecture, settings, accelerator, 1, demand.prompt_tokens) is None:
        if demand.asks_for_latency:
            return BatchChoice(0, None, refusal="nothing is known of its speed, and a latency was asked for")
        return BatchChoice(most_requests, None)
    crowding = _crowding(architecture, settings)

    def speed(requests: int) -> ReplicaSpeed:
        return _replica_speed(architecture, settings, accelerator, demand, requests, prompt, crowding)

    most = speed(most_requests)
    if _is_met(most, demand, _pessimistic):
        return BatchChoice(most_requests, most)
    least = speed(1)
    for bound in (_pessimistic, _optimistic):
        if _is_met(least, demand, bound):
            chosen = _largest(speed, most_requests, demand, bound)
            shortfalls = () if bound is _pessimistic else _shortfalls(chosen, demand)
            return BatchChoice(chosen.requests_per_rank, chosen, shortfalls)
    return BatchChoice(0, least, refusal=_refusal(least, demand))


def _replica_speed(
    architecture: ModelArchitecture,
    settings: EngineSettings,
    accelerator: Accelerator,
    demand: SpeedDemand,
    requests: int,
    prompt: PhaseEstimate,
    crowding: float,
) -> ReplicaSpeed:
    """Return the speed with so many requests on every rank, all of them typical.

    At best prompts are computed in the shadow of decoding and answers are short of half done; prudently every step
    of decoding runs at the longest context, a prompt shares each of its chunks with the running requests, and
    between two tokens of one answer the prompts of the others have their share of the time.
    """
    longest = demand.prompt_tokens + demand.output_tokens
    mean = demand.prompt_tokens + demand.output_tokens // 2
    step = decode_step(architecture, settings, accelerator, requests, longest)
    light = decode_step(architecture, settings, accelerator, requests, mean) or step
    if step is None or light is None:
        raise ArithmeticError("the speed of one request is known, so that of several is")
    step_seconds, light_seconds = step.seconds.pessimistic_seconds, light.seconds.optimistic_seconds
    prompt_seconds = prompt.seconds.pessimistic_seconds * crowding
    chunks = math.ceil(demand.prompt_tokens / FEWEST_CHUNK_TOKENS)
    shared = prompt_seconds / demand.output_tokens
    running = requests * settings.data_parallel_size
    fastest = max(light_seconds, requests * prompt.seconds.optimistic_seconds / demand.output_tokens)
    return ReplicaSpeed(
        requests_per_rank=requests,
        time_to_first_token=SecondsBounds(
            prompt.seconds.optimistic_seconds, prompt_seconds + chunks * step_seconds
        ),
        time_per_output_token=SecondsBounds(light_seconds, step_seconds + (requests - 1) * shared),
        rate=TokenRate(running / (step_seconds + requests * shared), running / fastest),
        prefill_bound_by=prompt.bound_by,
        decode_bound_by=step.bound_by,
    )


def _crowding(architecture: ModelArchitecture, settings: EngineSettings) -> float:
    """Return how much longer a prompt takes while every data-parallel rank computes one.

    The experts of a rank then compute for the prompts of all ranks, not for its own alone; its attention does not.
    """
    active, routed = architecture.active_parameters, architecture.active_routed_experts
    ranks = settings.data_parallel_size
    if ranks == 1 or active is None or routed is None:
        return 1.0
    return active / (active - routed + routed / ranks)


def _largest(
    speed: Callable[[int], ReplicaSpeed],
    most_requests: int,
    demand: SpeedDemand,
    bound: Callable[[SecondsBounds], float],
) -> ReplicaSpeed:
    """Return the speed at the most requests that meet the demand, where one does: more of them are never faster."""
    chosen, failing = speed(1), most_requests + 1
    while failing - chosen.requests_per_rank > 1:
        tried = speed((chosen.requests_per_rank + failing) // 2)
        if _is_met(tried, demand, bound):
            chosen = tried
        else:
            failing = tried.requests_per_rank
    return chosen


def _pessimistic(seconds: SecondsBounds) -> float:
    return seconds.pessimistic_seconds


def _optimistic(seconds: SecondsBounds) -> float:
    return seconds.optimistic_seconds


def _asked(speed: ReplicaSpeed, demand: SpeedDemand) -> list[tuple[str, SecondsBounds, float]]:
    """Return each latency that is asked for: its name, what it is, and what it may be at most."""
    pairs = (
        ("time to first token", speed.time_to_first_token, demand.time_to_first_token_seconds),
        ("time per output token", speed.time_per_output_token, demand.time_per_output_token_seconds),
    )
    return [(name, seconds, most) for name, seconds, most in pairs if most is not None]


def _is_met(speed: ReplicaSpeed, demand: SpeedDemand, bound: Callable[[SecondsBounds], float]) -> bool:
    return all(bound(seconds) <= most for _, seconds, most in _asked(speed, demand))


def _shortfalls(speed: ReplicaSpeed, demand: SpeedDemand) -> tuple[str, ...]:
    return tuple(
        f"it may meet the {name} of {seconds_text(most)}, which is asked for: {range_text(seconds)} are estimated"
        for name, seconds, most in _asked(speed, demand)
        if seconds.pessimistic_seconds > most
    )


def _refusal(speed: ReplicaSpeed, demand: SpeedDemand) -> str:
    missed = [each for each in _asked(speed, demand) if each[1].optimistic_seconds > each[2]]
    bounds = {"time to first token": speed.prefill_bound_by, "time per output token": speed.decode_bound_by}
    return "; ".join(
        f"{name} of {range_text(seconds)} with a single request, bound by {bounds[name]}, is over the "
        f"{seconds_text(most)} asked for"
        for name, seconds, most in missed
    )


def seconds_text(seconds: float) -> str:
    """Return a duration as people read it: milliseconds below one second, two significant digits."""
    amount, unit = (seconds * 1000, "ms") if seconds < 1 else (seconds, "s")
    return f"{two_digits(amount)} {unit}"


def range_text(seconds: SecondsBounds) -> str:
    """Return the bounds of a duration, from low to high."""
    low, high = seconds_text(seconds.optimistic_seconds), seconds_text(seconds.pessimistic_seconds)
    if low.partition(" ")[2] == high.partition(" ")[2]:
        low = low.partition(" ")[0]
    return f"{low} to {high}"


def two_digits(amount: float) -> str:
    """Return a number with two significant digits, which is all that an estimate is good for."""
    if amount <= 0:
        return "0"
    digits = 1 - math.floor(math.log10(amount))
    return f"{round(amount, digits):.{max(0, digits)}f}" if amount < 10 else f"{round(amount, digits):.0f}"
