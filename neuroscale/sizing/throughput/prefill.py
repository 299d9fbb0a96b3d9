"""The prefill of one prompt: its tokens at once, or in chunks."""

import math
from collections.abc import Mapping

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.stated_counts import stated_count
from neuroscale.sizing.throughput.assumptions import (
    FEWEST_CHUNK_TOKENS,
    FIRST_LARGE_COMPUTE_CAPABILITY,
    LARGE_DEVICE_BYTES,
    LARGEST_DEVICE_BYTES,
    LEAST_PROMPT_SECONDS,
    MANY_CHUNK_TOKENS,
    MOST_CHUNK_TOKENS,
    PRUDENT_ATTENTION_SHARE,
    PRUDENT_BANDWIDTH_SHARE,
    PRUDENT_PROMPT_SECONDS,
)
from neuroscale.sizing.throughput.combine import phase_estimate, prudent_seconds_without_overhead
from neuroscale.sizing.throughput.coverage import expected_experts_touched, most_experts_touched
from neuroscale.sizing.throughput.engine_overhead import launch_seconds, least_wait_seconds, most_wait_seconds
from neuroscale.sizing.throughput.estimate import Limit, PhaseEstimate, SecondsBounds
from neuroscale.sizing.throughput.rank_rates import RankRates, rank_rates
from neuroscale.sizing.throughput.rank_work import CacheWork, RankWork


def prefill(
    architecture: ModelArchitecture,
    settings: EngineSettings,
    accelerator: Accelerator,
    prompt_tokens: int,
    *,
    is_every_rank_busy: bool = False,
) -> PhaseEstimate | None:
    """Return the time from the start of a prompt's computation to its first token, with no decoding beside it.

    None when the architecture or the accelerator's arithmetic is not known well enough. No prefix is cached, and
    the time in a queue is not in it.

    Alone, the prompt has the experts of all data-parallel ranks to itself. Where every rank that feeds them
    computes a prompt of its own, they compute for all of these, more of them are touched, and the tokens of all are
    exchanged; the attention of a rank computes for its own prompt.

    The prompt is cut into chunks of `--max-num-batched-tokens`, or of the engines' defaults. Every chunk reads the
    weights; chunks follow each other through pipeline stages.

    Args:
        architecture: The model.
        settings: Parallel sizes, formats and chunk.
        accelerator: What each rank runs on.
        prompt_tokens: Tokens of the prompt, at least 1.
        is_every_rank_busy: Whether each data-parallel rank computes such a prompt, and not this one alone.
    """
    rates = rank_rates(architecture, settings, accelerator)
    if rates is None:
        return None
    work = rates.work
    stages = settings.pipeline_parallel_size
    fewest, most = _chunks(settings, accelerator, prompt_tokens)
    routed_tokens = prompt_tokens * (work.ranks_feeding_experts if is_every_rank_busy else 1)
    # A stage waits until the first chunk has passed those before it.
    least_factor, most_factor = 1 + (stages - 1) / most, 1 + (stages - 1) / fewest
    bandwidth = accelerator.memory_bandwidth_bytes_per_second
    parts: dict[Limit, SecondsBounds] = {
        "weights": _weights_seconds(work, routed_tokens, fewest, most, bandwidth),
        "KV cache": _cache_seconds(work, prompt_tokens, most, bandwidth),
        "arithmetic": _arithmetic_seconds(rates, prompt_tokens, routed_tokens),
        "interconnect": rates.communication_seconds(prompt_tokens, routed_tokens),
    }
    parts["overhead"] = _overhead_seconds(work, parts, fewest, most)
    for name, part in parts.items():
        parts[name] = SecondsBounds(part.optimistic_seconds * least_factor, part.pessimistic_seconds * most_factor)
    return phase_estimate(parts)


def _chunks(settings: EngineSettings, accelerator: Accelerator, prompt_tokens: int) -> tuple[int, int]:
    """Return the fewest and the most chunks of the prompt."""
    stated = stated_count(settings, "--max-num-batched-tokens")
    if stated is not None:
        chunks = math.ceil(prompt_tokens / stated)
        return chunks, chunks
    is_recent = (
        accelerator.compute_capability is None or accelerator.compute_capability >= FIRST_LARGE_COMPUTE_CAPABILITY
    )
    is_large = is_recent and accelerator.memory_bytes >= LARGE_DEVICE_BYTES
    is_largest = is_large and accelerator.memory_bytes >= LARGEST_DEVICE_BYTES
    return (
        math.ceil(prompt_tokens / (MOST_CHUNK_TOKENS if is_largest else MANY_CHUNK_TOKENS)),
        math.ceil(prompt_tokens / (MANY_CHUNK_TOKENS if is_large else FEWEST_CHUNK_TOKENS)),
    )


def _weights_seconds(work: RankWork, routed_tokens: int, fewest: int, most: int, bandwidth: float) -> SecondsBounds:
    least_bytes, most_bytes = work.steady_bytes.least, work.steady_bytes.most
    if work.experts:
        touched = expected_experts_touched(work.experts, work.experts_per_token, routed_tokens / fewest)
        least_bytes += work.routed_bytes.least * touched / work.experts
        touched = most_experts_touched(work.experts, work.experts_per_token, routed_tokens / most)
        most_bytes += work.routed_bytes.most * touched / work.experts
    return SecondsBounds(
        fewest * least_bytes / bandwidth, most * most_bytes / (bandwidth * PRUDENT_BANDWIDTH_SHARE)
    )


def _cache_seconds(work: RankWork, prompt_tokens: int, chunks: int, bandwidth: float) -> SecondsBounds:
    """Return writing the cache once, and prudently reading what is before each chunk."""
    least = most = 0.0
    for group in work.cache:
        entries = prompt_tokens / group.tokens_per_entry
        least += group.entry_bytes.least * entries
        most += group.entry_bytes.most * entries * (chunks + 1) / 2 + group.state_bytes.most * chunks
    return SecondsBounds(least / bandwidth, most / (bandwidth * PRUDENT_BANDWIDTH_SHARE))


def _arithmetic_seconds(rates: RankRates, prompt_tokens: int, routed_tokens: int) -> SecondsBounds:
    steady, routed = rates.steady, rates.routed
    optimistic = rates.head.optimistic_seconds + prompt_tokens * steady.optimistic_seconds
    optimistic += routed_tokens * routed.optimistic_seconds
    pessimistic = rates.head.pessimistic_seconds + prompt_tokens * steady.pessimistic_seconds
    pessimistic += routed_tokens * routed.pessimistic_seconds
    for group in rates.work.cache:
        pairs, operations = _pairs(group, prompt_tokens), group.prompt_operations_per_entry
        optimistic += operations.least * pairs * group.least_share_of_window / rates.half_flops
        pessimistic += operations.most * pairs / (rates.half_flops * PRUDENT_ATTENTION_SHARE)
    return SecondsBounds(optimistic, pessimistic)


def _pairs(group: CacheWork, prompt_tokens: int) -> float:
    """Return pairs of a token and one before it that it looks at: half the square, or a band of the window."""
    reach = group.window_tokens
    if group.picked_entries is not None:
        reach = math.ceil(group.picked_entries.most * group.tokens_per_entry)
    window = prompt_tokens if reach is None else min(prompt_tokens, reach)
    return (prompt_tokens * window - window * window / 2) / group.tokens_per_entry


def _overhead_seconds(
    work: RankWork, parts: Mapping[Limit, SecondsBounds], fewest: int, most: int
) -> SecondsBounds:
    """Return what the engine adds once, and what every chunk waits, or takes longer to launch than to run."""
    launching = most * launch_seconds(work) - prudent_seconds_without_overhead(parts)
    return SecondsBounds(
        LEAST_PROMPT_SECONDS + fewest * least_wait_seconds(work),
        PRUDENT_PROMPT_SECONDS + max(most * most_wait_seconds(work), launching),
    )
