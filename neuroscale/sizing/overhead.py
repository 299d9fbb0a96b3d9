"""Device memory that is neither weights nor KV cache."""

import math

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_human_readable_integer
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.sizing.bounds import ByteBounds

_GIBIBYTE = 2**30
# The smallest default of `--max-num-batched-tokens` of a server, and what the pessimistic figures were taken at.
_SMALLEST_BATCHED_TOKENS = 2048
_REFERENCE_BATCHED_TOKENS = 8192
# Peak activations by class, vLLM 0.19 on H100: dense 2.0 GiB, MoE 2.5 GiB, largest measured (Gemma 3) 3.94 GiB.
_DENSE_ACTIVATION_BYTES = 4 * _GIBIBYTE
_MIXTURE_ACTIVATION_BYTES = 4 * _GIBIBYTE
_SINGLE_RANK_NON_TORCH_BYTES = math.ceil(0.27 * _GIBIBYTE)
_MULTIPLE_RANK_NON_TORCH_BYTES = math.ceil(2.1 * _GIBIBYTE)
_CUDA_GRAPH_BYTES = math.ceil(1.5 * _GIBIBYTE)
_ALL_TO_ALL_BUFFER_BYTES = 2 * _GIBIBYTE
_BUFFERED_BACKENDS = ("deepep", "mori", "nixl", "flashinfer_nvlink", "moonep")


def overhead_bytes(architecture: ModelArchitecture, settings: EngineSettings) -> ByteBounds:
    """Return the activations, communication buffers and CUDA graphs on one accelerator.

    The optimistic bound is the two residual-stream tensors that every layer holds at once while the engine
    profiles its largest batch: 2 x batched tokens x hidden size x 2 bytes. The pessimistic one adds up the largest
    peaks measured by class, at 8192 batched tokens or in proportion above that, the memory outside PyTorch, CUDA
    graphs from the version that charges them to the budget, and all-to-all buffers.

    Source: llm-d-planner 0.3.3 (constants measured on H100 with vLLM 0.19); vLLM 0.33.0, GPU worker.
    """
    stated = read_human_readable_integer(settings.options.get("--max-num-batched-tokens", ""))
    batched = stated if stated is not None and stated > 0 else None
    least = 2 * (batched or _SMALLEST_BATCHED_TOKENS) * (architecture.hidden_size or 0) * 2
    if settings.unresolved and batched is None:
        least = 0
    activations = (
        _DENSE_ACTIVATION_BYTES if architecture.is_mixture_of_experts is False else _MIXTURE_ACTIVATION_BYTES
    )
    most = math.ceil(activations * max(1.0, (batched or 0) / _REFERENCE_BATCHED_TOKENS))
    ranks = settings.tensor_parallel_size * settings.prefill_context_parallel_size
    most += (
        _SINGLE_RANK_NON_TORCH_BYTES if ranks * settings.data_parallel_size == 1 else _MULTIPLE_RANK_NON_TORCH_BYTES
    )
    captures_graphs = settings.options.get("--enforce-eager") != "true"
    if captures_graphs and fact_holds("cuda-graphs-charged-to-budget", settings.version) is not False:
        most += _CUDA_GRAPH_BYTES
    if settings.options.get("--all2all-backend", "").startswith(_BUFFERED_BACKENDS):
        most += _ALL_TO_ALL_BUFFER_BYTES
    return ByteBounds(least, max(least, most))
