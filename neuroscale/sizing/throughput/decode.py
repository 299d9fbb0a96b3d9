"""One step of decoding: a token for every running request."""

from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.throughput.assumptions import (
    PRUDENT_ARITHMETIC_SHARE,
    PRUDENT_BANDWIDTH_SHARE,
    PRUDENT_TILE_ROWS,
)
from neuroscale.sizing.throughput.combine import least_overlapping_seconds, phase_estimate
from neuroscale.sizing.throughput.coverage import expected_experts_touched, most_experts_touched
from neuroscale.sizing.throughput.engine_overhead import StepOverhead, drafts_tokens, step_overhead
from neuroscale.sizing.throughput.estimate import Limit, PhaseEstimate, SecondsBounds
from neuroscale.sizing.throughput.rank_rates import RankRates, rank_rates
from neuroscale.sizing.throughput.rank_work import Amount, CacheWork, RankWork


@dataclass(frozen=True, slots=True)
class Decoder:
    """A layout on one kind of accelerator, to be asked for steps of many batches.

    Attributes:
        rates: What the work of a rank takes.
        overhead: What the engine adds to a step.
        stages: Pipeline stages.
        bandwidth_bytes_per_second: Of the accelerator's memory.
    """

    rates: RankRates
    overhead: StepOverhead
    stages: int
    bandwidth_bytes_per_second: float

    def step(self, requests_per_rank: int, context_tokens: int) -> PhaseEstimate:
        """Return the time of one token for every running request of every data-parallel rank, on the slowest rank.

        With pipeline stages the requests are cut into as many parts, which follow each other through the stages,
        so that a step takes as long as all parts take on the slowest stage.

        Args:
            requests_per_rank: Running requests of one data-parallel rank, at least 1.
            context_tokens: Tokens before the one that is generated, the mean over the requests.
        """
        rates, work = self.rates, self.rates.work
        requests = max(1.0, requests_per_rank / self.stages)
        cache, operations = _cache_work(work, requests, context_tokens)
        parts: dict[Limit, SecondsBounds] = {
            "weights": _reading(_weight_bytes(work, requests), self.bandwidth_bytes_per_second),
            "KV cache": _reading(cache, self.bandwidth_bytes_per_second),
            "arithmetic": _arithmetic_seconds(rates, requests, operations),
            "interconnect": rates.communication_seconds(requests, requests * work.ranks_feeding_experts),
        }
        parts["overhead"] = self.overhead.beside(least_overlapping_seconds(parts))
        if self.stages > 1:
            for name, part in parts.items():
                parts[name] = SecondsBounds(
                    self.stages * part.optimistic_seconds, self.stages * part.pessimistic_seconds
                )
        return phase_estimate(parts)


def decoder(architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator) -> Decoder | None:
    """Return what answers for the steps of a layout on a kind of accelerator.

    None when the architecture or the accelerator's arithmetic is not known well enough, and with speculative
    decoding: every step gives one token per request here, and how many drafts are accepted is not known.
    """
    rates = rank_rates(architecture, settings, accelerator)
    if rates is None or drafts_tokens(settings):
        return None
    return Decoder(
        rates=rates,
        overhead=step_overhead(rates.work, settings),
        stages=settings.pipeline_parallel_size,
        bandwidth_bytes_per_second=accelerator.memory_bandwidth_bytes_per_second,
    )


def decode_step(
    architecture: ModelArchitecture,
    settings: EngineSettings,
    accelerator: Accelerator,
    requests_per_rank: int,
    context_tokens: int,
) -> PhaseEstimate | None:
    """Return one step as `Decoder.step` does; None where `decoder` returns none."""
    known = decoder(architecture, settings, accelerator)
    return None if known is None else known.step(requests_per_rank, context_tokens)


def _weight_bytes(work: RankWork, requests: float) -> Amount:
    """Return the weights that a step reads: experts as far as the tokens of all ranks touch them."""
    if not work.experts:
        return work.steady_bytes
    tokens = requests * work.ranks_feeding_experts
    least = expected_experts_touched(work.experts, work.experts_per_token, tokens) / work.experts
    most = most_experts_touched(work.experts, work.experts_per_token, tokens) / work.experts
    return Amount(
        work.steady_bytes.least + work.routed_bytes.least * least,
        work.steady_bytes.most + work.routed_bytes.most * most,
    )


def _cache_work(work: RankWork, requests: float, context_tokens: int) -> tuple[Amount, Amount]:
    """Return the bytes of caches and states that a step reads, and the operations of its attention."""
    least = most = least_operations = most_operations = 0.0
    for group in work.cache:
        entries = _entries(group, context_tokens)
        index = context_tokens / group.tokens_per_entry
        least += group.entry_bytes.least * entries.least + group.index_bytes.least * index + group.state_bytes.least
        most += group.entry_bytes.most * entries.most + group.index_bytes.most * index + group.state_bytes.most
        least_operations += group.operations_per_entry.least * entries.least
        most_operations += group.operations_per_entry.most * entries.most
    return (
        Amount(requests * least, requests * most),
        Amount(requests * least_operations, requests * most_operations),
    )


def _entries(group: CacheWork, context_tokens: int) -> Amount:
    """Return the cached entries that a token looks at."""
    tokens = context_tokens if group.window_tokens is None else min(context_tokens, group.window_tokens)
    entries = tokens / group.tokens_per_entry
    if group.picked_entries is None:
        return Amount(entries * group.least_share_of_window, entries)
    return Amount(min(entries, group.picked_entries.least), min(entries, group.picked_entries.most))


def _arithmetic_seconds(rates: RankRates, requests: float, operations: Amount) -> SecondsBounds:
    tokens = requests * rates.work.ranks_feeding_experts
    rows = max(requests, PRUDENT_TILE_ROWS)
    own = rates.steady.pessimistic_seconds + rates.head.pessimistic_seconds
    return SecondsBounds(
        requests * (rates.steady.optimistic_seconds + rates.head.optimistic_seconds)
        + tokens * rates.routed.optimistic_seconds
        + operations.least / rates.half_flops,
        rows * own
        + tokens * rates.routed.pessimistic_seconds
        + operations.most / (rates.half_flops * PRUDENT_ARITHMETIC_SHARE["half"]),
    )


def _reading(amount: Amount, bandwidth: float) -> SecondsBounds:
    return SecondsBounds(amount.least / bandwidth, amount.most / (bandwidth * PRUDENT_BANDWIDTH_SHARE))
