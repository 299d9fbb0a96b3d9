"""How fast a layout serves, and how many requests at once leave it as fast as it is asked to be."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.plan import TokenRate
from neuroscale.sizing.throughput.assumptions import FEWEST_CHUNK_TOKENS
from neuroscale.sizing.throughput.decode import Decoder, decoder
from neuroscale.sizing.throughput.estimate import Limit, PhaseEstimate, SecondsBounds
from neuroscale.sizing.throughput.prefill import prefill

# The batch that keeps a latency is found to within this part of it.
_FINENESS = 16


@dataclass(frozen=True, slots=True)
class SpeedDemand:
    """What is asked of the speed, and the requests for which it is asked.

    Attributes:
        prompt_tokens: Length of a typical prompt.
        output_tokens: Length of its answer, at least 1.
        time_to_first_token_seconds: At most; None asks nothing.
        time_per_output_token_seconds: At most; None asks nothing.
    """

    prompt_tokens: int
    output_tokens: int
    time_to_first_token_seconds: float | None = None
    time_per_output_token_seconds: float | None = None

    @property
    def request_tokens(self) -> int:
        """Length of a request when its answer ends."""
        return self.prompt_tokens + self.output_tokens

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
    """The most requests at once that meet what is asked, or why none do.

    Attributes:
        requests_per_rank: 0 when even one request is too slow at best.
        is_certain: Whether they meet it at the pessimistic bounds.
        refusal: Why not even one request does; "" when it does.
    """

    requests_per_rank: int
    is_certain: bool = True
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica, asked for its speed at several batches.

    At best prompts are computed in the shadow of decoding and answers are half done on average; prudently every
    step of decoding runs at the longest context, a prompt shares each of its chunks with the running requests, and
    between two tokens of one answer the prompts of the others have their share of the time.

    Attributes:
        settings: How it is divided.
        demand: Lengths, and what is asked.
        decoder: Answers for its steps of decoding.
        prompt: A prompt alone.
        crowded: A prompt while every data-parallel rank computes one.
    """

    settings: EngineSettings
    demand: SpeedDemand
    decoder: Decoder
    prompt: PhaseEstimate
    crowded: PhaseEstimate

    def speed(self, requests: int) -> ReplicaSpeed:
        """Return the speed with so many requests on every rank."""
        step, lightest_seconds = self._step(requests), self._lightest_seconds(requests)
        step_seconds = step.seconds.pessimistic_seconds
        running = requests * self.settings.data_parallel_size
        fastest_seconds = max(
            lightest_seconds, requests * self.prompt.seconds.optimistic_seconds / self.demand.output_tokens
        )
        return ReplicaSpeed(
            requests_per_rank=requests,
            time_to_first_token=SecondsBounds(
                self.prompt.seconds.optimistic_seconds, self._first_token_seconds(step_seconds)
            ),
            time_per_output_token=SecondsBounds(
                lightest_seconds, self._output_token_seconds(step_seconds, requests)
            ),
            rate=TokenRate(running / (step_seconds + requests * self._shared_seconds()), running / fastest_seconds),
            prefill_bound_by=self.prompt.bound_by,
            decode_bound_by=step.bound_by,
        )

    def prudent_excess(self, requests: int) -> float:
        """Return how many times the latencies that are asked for the pessimistic ones are: the larger of both."""
        if not self.demand.asks_for_latency:
            return 0.0
        step_seconds = self._step(requests).seconds.pessimistic_seconds
        return self._excess(
            self._first_token_seconds(step_seconds), self._output_token_seconds(step_seconds, requests)
        )

    def least_excess(self, requests: int) -> float:
        """Return the same of the optimistic ones."""
        return self._excess(self.prompt.seconds.optimistic_seconds, self._lightest_seconds(requests))

    def _excess(self, first_token_seconds: float, output_token_seconds: float) -> float:
        first, each = self.demand.time_to_first_token_seconds, self.demand.time_per_output_token_seconds
        return max(
            0.0 if first is None else first_token_seconds / first,
            0.0 if each is None else output_token_seconds / each,
        )

    def _step(self, requests: int) -> PhaseEstimate:
        longest_tokens = self.demand.prompt_tokens + self.demand.output_tokens
        return self.decoder.step(requests, longest_tokens)

    def _lightest_seconds(self, requests: int) -> float:
        mean_tokens = self.demand.prompt_tokens + self.demand.output_tokens // 2
        return self.decoder.step(requests, mean_tokens).seconds.optimistic_seconds

    def _first_token_seconds(self, step_seconds: float) -> float:
        chunks = math.ceil(self.demand.prompt_tokens / FEWEST_CHUNK_TOKENS)
        return self.crowded.seconds.pessimistic_seconds + chunks * step_seconds

    def _output_token_seconds(self, step_seconds: float, requests: int) -> float:
        return step_seconds + (requests - 1) * self._shared_seconds()

    def _shared_seconds(self) -> float:
        """What a prompt of another request takes of the time of each token."""
        return self.crowded.seconds.pessimistic_seconds / self.demand.output_tokens


def choose_batch(replica: Replica, most_requests: int) -> BatchChoice:
    """Return the most requests of one rank, up to `most_requests`, at which both latencies are as asked.

    The pessimistic bounds have to meet what is asked. Where they do not even for a single request, the most for
    which the optimistic ones do is taken, which is then not certain.
    """
    for is_certain, uncached in ((True, replica.prudent_excess), (False, replica.least_excess)):
        excess = cache(uncached)
        if excess(most_requests) <= 1:
            return BatchChoice(most_requests, is_certain)
        if excess(1) <= 1:
            return BatchChoice(_largest(most_requests, excess), is_certain)
    return BatchChoice(0, refusal=_refusal(replica.speed(1), replica.demand))


def shortfalls(speed: ReplicaSpeed, demand: SpeedDemand) -> tuple[str, ...]:
    """Return what is met at best, but not for certain: one sentence each."""
    return tuple(
        f"it may meet the {name} of {asked_text(most)}, which is asked for: {range_text(seconds)} are estimated"
        for name, seconds, most in _asked(speed, demand)
        if seconds.pessimistic_seconds > most
    )


def replica_of(
    architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator, demand: SpeedDemand
) -> Replica | None:
    """Return one replica to be asked for its speed; None where nothing is known of it."""
    known = decoder(architecture, settings, accelerator)
    prompt = prefill(architecture, settings, accelerator, demand.prompt_tokens)
    if known is None or prompt is None:
        return None
    crowded: PhaseEstimate | None = prompt
    if settings.data_parallel_size > 1:
        crowded = prefill(architecture, settings, accelerator, demand.prompt_tokens, is_every_rank_busy=True)
    return None if crowded is None else Replica(settings, demand, known, prompt, crowded)


def _largest(most: int, excess: Callable[[int], float]) -> int:
    """Return the largest number from 1 to `most` whose excess is at most 1, to within a sixteenth.

    A sixteenth is far below what the estimates can tell. The excess grows with the number, nearly in proportion, is
    at most 1 for 1 and more for `most`: so the number is looked for where a straight line would have it, and
    halfway where that led nowhere.
    """
    holding, failing = 1, most
    held, failed = excess(holding), excess(failing)
    leads_nowhere = False
    while failing - holding > max(1, holding // _FINENESS):
        share = 0.5 if leads_nowhere or math.isinf(failed) else (1 - held) / (failed - held)
        nearest, farthest = holding + max(1, holding // _FINENESS), failing - 1
        tried = min(max(holding + int(share * (failing - holding)), nearest), farthest)
        found = excess(tried)
        leads_nowhere = found > 1 and not leads_nowhere
        if found <= 1:
            holding, held = tried, found
        else:
            failing, failed = tried, found
    return holding


def _asked(speed: ReplicaSpeed, demand: SpeedDemand) -> list[tuple[str, SecondsBounds, float]]:
    """Return each latency that is asked for: its name, what it is, and what it may be at most."""
    pairs = (
        ("time to first token", speed.time_to_first_token, demand.time_to_first_token_seconds),
        ("time per output token", speed.time_per_output_token, demand.time_per_output_token_seconds),
    )
    return [(name, seconds, most) for name, seconds, most in pairs if most is not None]


def _refusal(speed: ReplicaSpeed, demand: SpeedDemand) -> str:
    missed = [each for each in _asked(speed, demand) if each[1].optimistic_seconds > each[2]]
    bounds = {"time to first token": speed.prefill_bound_by, "time per output token": speed.decode_bound_by}
    return "; ".join(
        f"{name} of {range_text(seconds)} with a single request, bound by {bounds[name]}, is over the "
        f"{asked_text(most)} asked for"
        for name, seconds, most in missed
    )


def seconds_text(seconds: float) -> str:
    """Return a duration as people read it: milliseconds below one second, two significant digits."""
    amount, unit = (seconds * 1000, "ms") if seconds < 1 else (seconds, "s")
    return f"{two_digits(amount)} {unit}"


def asked_text(seconds: float) -> str:
    """Return a duration as somebody states it: milliseconds below one second."""
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


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
