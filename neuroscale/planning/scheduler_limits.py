"""What the engine's scheduler may take at once: the tokens of a batch, and the requests that run.

The engine sets memory aside for the largest batch and for as many requests as it may run, before it measures what
is left for the KV cache. Lower limits leave more of it, which may spare an accelerator.
"""

from dataclasses import dataclass, replace

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.throughput.assumptions import (
    FEWEST_CHUNK_TOKENS,
    FIRST_LARGE_COMPUTE_CAPABILITY,
    LARGE_DEVICE_BYTES,
    LARGEST_DEVICE_BYTES,
    MANY_CHUNK_TOKENS,
    MOST_CHUNK_TOKENS,
)

MAXIMUM_SEQUENCES = "--max-num-seqs"
BATCHED_TOKENS = "--max-num-batched-tokens"

# Requests that one data-parallel rank runs at once by default on the smaller devices; larger ones take more.
# Source: vLLM 0.33.0, defaults of EngineArgs by device and usage.
REQUESTS_PER_RANK = 256
_REQUESTS_PER_RANK_ON_LARGE_DEVICES = 1024

# Batches that compute prompts well, from the largest.
_BATCHES = (8192, 4096, 2048)
# One image has to fit a batch where its tokens look at each other: 2496 tokens in Gemma 4. Source: vLLM,
# `compute_mm_encoder_budget`: "Chunked MM input disabled but max_tokens_per_mm_item (2496) is larger than ...".
_LEAST_BATCH_WITH_TOWERS = 4096
# A block of the cache has to fit a batch where states are kept beside it, and such blocks are long: 2096 tokens in
# Qwen3.5, twice that with a cache of 8 bits. Source: vLLM pull request 34445.
_LEAST_BATCH_WITH_STATES = 8192
_WINDOWED_KINDS = frozenset({"sliding", "chunked"})

# Below what small devices run by default, a limit makes short requests wait that the cache would hold.
_ROUND_LIMITS = (128, 64, 32, 16, 8, 4, 2, 1)
SEVERITIES_OF_LIMITS = 1 + len(_ROUND_LIMITS)


@dataclass(frozen=True, slots=True)
class SchedulerLimits:
    """What the scheduler is told; None leaves the default of the device.

    Attributes:
        batched_tokens: Tokens that one data-parallel rank computes in a step at most.
        requests: Requests that it runs at once.
    """

    batched_tokens: int | None = None
    requests: int | None = None


def default_batched_tokens(accelerator: Accelerator) -> int:
    """Return the tokens of a batch where none are stated."""
    if not _is_large(accelerator):
        return FEWEST_CHUNK_TOKENS
    return MOST_CHUNK_TOKENS if accelerator.memory_bytes >= LARGEST_DEVICE_BYTES else MANY_CHUNK_TOKENS


def default_requests(accelerator: Accelerator) -> int:
    """Return the requests that one data-parallel rank runs at once where no number is stated."""
    return _REQUESTS_PER_RANK_ON_LARGE_DEVICES if _is_large(accelerator) else REQUESTS_PER_RANK


def batches_worth_trying(architecture: ModelArchitecture, accelerator: Accelerator) -> tuple[int | None, ...]:
    """Return the batches from the largest: the engine's default, then smaller ones that the model can be run with.

    Layers with a window keep the tokens of the batches in flight beside it. For them the default itself may be
    stated, so that what they take does not hang on how the engine names the device.
    """
    least, default = _least_batch(architecture), default_batched_tokens(accelerator)
    most = max(default, least) if _has_windows(architecture) else default - 1
    return (None, *(tokens for tokens in _BATCHES if least <= tokens <= most))


def request_limits(accelerator: Accelerator, kept: int | None, severity: int) -> tuple[int | None, ...]:
    """Return limits on the requests of one data-parallel rank that make requests wait alike; None is the default.

    Args:
        accelerator: Decides the engine's default.
        kept: The most that keep a latency that is asked for, 0 where not even one does; None where none is asked.
        severity: From 0 for those that are no lower than the default of small devices, or than what keeps the
            latency, to `SEVERITIES_OF_LIMITS` - 1 for a single request.
    """
    if severity:
        limit = _ROUND_LIMITS[severity - 1]
        return (limit,) if kept is None or limit < kept else ()
    if kept is not None:
        return (kept,) if kept else ()
    return (None, REQUESTS_PER_RANK) if default_requests(accelerator) > REQUESTS_PER_RANK else (None,)


def with_limits(settings: EngineSettings, limits: SchedulerLimits) -> EngineSettings:
    """Return the settings with what the scheduler is told, as the engine reads it of arguments."""
    stated = {BATCHED_TOKENS: limits.batched_tokens, MAXIMUM_SEQUENCES: limits.requests}
    options = {name: str(value) for name, value in stated.items() if value is not None}
    if not options:
        return settings
    return replace(
        settings,
        maximum_sequences=settings.maximum_sequences if limits.requests is None else limits.requests,
        options={**settings.options, **options},
    )


def _is_large(accelerator: Accelerator) -> bool:
    capability = accelerator.compute_capability
    is_recent = capability is None or capability >= FIRST_LARGE_COMPUTE_CAPABILITY
    return is_recent and accelerator.memory_bytes >= LARGE_DEVICE_BYTES


def _least_batch(architecture: ModelArchitecture) -> int:
    attention, parameters = architecture.attention, architecture.parameters
    if attention is not None and any(
        group.recurrent_state_elements or group.convolution_state_elements for group in attention.groups
    ):
        return _LEAST_BATCH_WITH_STATES
    if parameters is None or parameters.vision_tower + parameters.audio_tower:
        return _LEAST_BATCH_WITH_TOWERS
    return _BATCHES[-1]


def _has_windows(architecture: ModelArchitecture) -> bool:
    attention = architecture.attention
    return attention is not None and any(group.kind in _WINDOWED_KINDS for group in attention.groups)
