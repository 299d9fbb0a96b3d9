"""Device memory that is neither weights nor KV cache."""

import math

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.memory_facts import memory_fact
from neuroscale.sizing.stated_counts import stated_count

_GIBIBYTE = 2**30
# The default of `--max-num-batched-tokens` with all-to-all backends that take batches of fixed size.
# Source: vLLM 0.33.0, DEFAULT_MAX_NUM_BATCHED_TOKENS_FOR_BATCHED_DP.
_FIXED_SIZE_BATCH = 256
# Defaults of a server by the memory of the device, the A100 taken apart.
# Source: vLLM 0.8.5 to 0.33.0, `EngineArgs.get_batch_defaults`.
_LARGE_DEVICE_BYTES, _LARGEST_DEVICE_BYTES = 70 * _GIBIBYTE, 160 * _GIBIBYTE
_SMALL_BATCH, _LARGE_BATCH, _LARGEST_BATCH = 2048, 8192, 16384
_FEW_REQUESTS, _MANY_REQUESTS = 256, 1024
# The hidden states and the residual stand beside the sampler; those and temporaries beside a feed-forward.
_HIDDEN_TENSORS_BESIDE_SAMPLER, _HIDDEN_TENSORS_BESIDE_FEED_FORWARD = 2, 5
_ACTIVATION_BYTES = 2
# Models with compressed attention carry the hidden states of a token in parallel streams.
# Source: vLLM 0.33.0, `hc_mult` of models/deepseek_v4; 4 in every published configuration.
_STREAMS_BESIDE_COMPRESSED_ATTENTION = 4
# Towers: the image of the largest size, and the cache of what they made of it.
# Measured on H100: 0.2 GiB (Gemma 3, Mistral Small 3.1, Kimi-VL); images of free size take more.
_TOWER_ACTIVATION_BYTES = 2 * _GIBIBYTE
# Kernels and libraries outside PyTorch, and the buffers of NCCL. Measured: 0.07 to 0.46, and 2.06 to 2.21 GiB.
_SINGLE_RANK_NON_TORCH_BYTES = math.ceil(0.5 * _GIBIBYTE)
_MULTIPLE_RANK_NON_TORCH_BYTES = math.ceil(2.25 * _GIBIBYTE)
# Measured as estimated by the engine: 0.5 to 1.9 GiB.
_CUDA_GRAPH_BYTES = 2 * _GIBIBYTE
_ALL_TO_ALL_BUFFER_BYTES = 2 * _GIBIBYTE
_BUFFERED_BACKENDS = ("deepep", "mori", "nixl", "flashinfer_nvlink", "moonep")


def overhead_bytes(
    architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator | None = None
) -> ByteBounds:
    """Return the activations, communication buffers and CUDA graphs on one accelerator.

    The optimistic bound is the two residual-stream tensors that every layer holds at once while the engine
    profiles its largest batch: 2 x batched tokens x hidden size x 2 bytes. Logits are not in it, as a model may be
    served for its embeddings.

    The pessimistic bound is what the profiling run holds at its peak: a layer's feed-forward, or the sampler over
    requests x vocabulary, with the workspace of the routed experts, which the engine keeps; a vision tower's
    images; memory outside PyTorch; CUDA graphs from the version that charges them to the budget; and all-to-all
    buffers.

    Of SGLang it is what is outside PyTorch alone: activations and CUDA graphs are in the share of the device that
    `--mem-fraction-static` leaves, and nothing else is in the share that it takes but weights and caches.

    Args:
        architecture: The model.
        settings: Parallel sizes, scheduler limits and version.
        accelerator: The device, whose memory decides the defaults of the scheduler; None takes the largest.

    Source: vLLM 0.33.0, `profile_run` and `_dummy_sampler_run` of v1/worker/gpu_model_runner.py, workspaces of
    model_executor/layers/fused_moe; measured with vLLM 0.11.0 to 0.19.0 on H100: docs/memory-observations.md.
    """
    if settings.engine == "sglang":
        return ByteBounds(0, _non_torch_bytes(settings))
    batched = stated_count(settings, "--max-num-batched-tokens")
    least = 2 * (batched or _fewest_default_tokens(architecture, settings)) * (architecture.hidden_size or 0) * 2
    if settings.unresolved and batched is None:
        least = 0
    tokens = batched or _default_batched_tokens(accelerator)
    most = max(
        _feed_forward_bytes(architecture, settings, tokens),
        _sampler_bytes(architecture, settings, tokens, accelerator),
    )
    most += _expert_workspace_bytes(architecture, settings, tokens)
    if (
        architecture.parameters is None
        or architecture.parameters.vision_tower + architecture.parameters.audio_tower
    ):
        most += _TOWER_ACTIVATION_BYTES
    most += _non_torch_bytes(settings)
    captures_graphs = settings.options.get("--enforce-eager") != "true"
    if captures_graphs and fact_holds("cuda-graphs-charged-to-budget", settings.version) is not False:
        most += _CUDA_GRAPH_BYTES
    if _has_buffers(settings):
        most += _ALL_TO_ALL_BUFFER_BYTES
    return ByteBounds(least, max(least, most))


def _non_torch_bytes(settings: EngineSettings) -> int:
    """Return what kernels, libraries and the buffers of communication take at the most."""
    ranks = settings.tensor_parallel_size * settings.prefill_context_parallel_size
    if settings.engine != "sglang":
        ranks *= settings.data_parallel_size
    return _SINGLE_RANK_NON_TORCH_BYTES if ranks == 1 else _MULTIPLE_RANK_NON_TORCH_BYTES


def _feed_forward_bytes(architecture: ModelArchitecture, settings: EngineSettings, tokens: int) -> int:
    """Return what a dense feed-forward holds: both halves of its first projection, their product and hidden states.

    A width that is not known is taken as four times the hidden size.
    """
    hidden = architecture.hidden_size or 0
    widths = [architecture.dense_intermediate_size or (4 * hidden if architecture.experts is None else 0)]
    if architecture.experts is not None:
        widths.append(architecture.experts.shared_intermediate_size)
    per_rank = math.ceil(max(widths) / settings.tensor_parallel_size)
    residual = _HIDDEN_TENSORS_BESIDE_FEED_FORWARD * _residual_streams(architecture) * hidden
    return tokens * (3 * per_rank + residual) * _ACTIVATION_BYTES


def _sampler_bytes(
    architecture: ModelArchitecture, settings: EngineSettings, tokens: int, accelerator: Accelerator | None
) -> int:
    """Return what trying the sampler holds: logits of every request over the vocabulary, whole on every rank."""
    requests = settings.maximum_sequences or _default_requests(accelerator)
    per_logit = memory_fact("sampler-bytes-per-logit", settings.version)
    logits = math.ceil(min(requests, tokens) * (architecture.vocabulary_size or 0) * per_logit)
    hidden = _residual_streams(architecture) * (architecture.hidden_size or 0)
    return logits + _HIDDEN_TENSORS_BESIDE_SAMPLER * tokens * hidden * _ACTIVATION_BYTES


def _residual_streams(architecture: ModelArchitecture) -> int:
    groups = () if architecture.attention is None else architecture.attention.groups
    return _STREAMS_BESIDE_COMPRESSED_ATTENTION if any(group.tokens_per_entry > 1 for group in groups) else 1


def _expert_workspace_bytes(architecture: ModelArchitecture, settings: EngineSettings, tokens: int) -> int:
    """Return the two buffers of the routed experts: a row of every token and expert it chose, before and after.

    Without a backend that sends tokens to the ranks of their experts, every rank gathers the tokens of all.
    """
    experts = architecture.experts
    if experts is None:
        return 0
    gathered = tokens if _has_buffers(settings) else tokens * settings.data_parallel_size
    chunk = memory_fact("tokens-per-expert-chunk", settings.version)
    rows = (min(gathered, chunk) if chunk else gathered) * experts.experts_per_token
    width = math.ceil(experts.expert_intermediate_size / settings.expert_tensor_parallel_size)
    hidden = experts.expert_hidden_size or architecture.hidden_size or 0
    return math.ceil(rows * (max(2 * width, hidden) + max(width, hidden)) * _ACTIVATION_BYTES)


def _has_buffers(settings: EngineSettings) -> bool:
    return settings.options.get("--all2all-backend", "").startswith(_BUFFERED_BACKENDS)


def _default_batched_tokens(accelerator: Accelerator | None) -> int:
    if accelerator is None or accelerator.memory_bytes >= _LARGEST_DEVICE_BYTES:
        return _LARGEST_BATCH
    return _LARGE_BATCH if _is_large(accelerator) else _SMALL_BATCH


def _default_requests(accelerator: Accelerator | None) -> int:
    return _MANY_REQUESTS if accelerator is None or _is_large(accelerator) else _FEW_REQUESTS


def _is_large(accelerator: Accelerator) -> bool:
    return accelerator.memory_bytes >= _LARGE_DEVICE_BYTES and not accelerator.name.startswith("a100")


def _fewest_default_tokens(architecture: ModelArchitecture, settings: EngineSettings) -> int:
    """Return the fewest tokens that the engine may batch by default: no more than its requests can have."""
    requests, length = settings.maximum_sequences or _FEW_REQUESTS, settings.maximum_model_length_tokens
    if length is None and architecture.context is not None:
        length = architecture.context.original_tokens
    batch = _FIXED_SIZE_BATCH if settings.data_parallel_size > 1 else _SMALL_BATCH
    return max(1, min(batch, requests * (length if isinstance(length, int) else 1)))
