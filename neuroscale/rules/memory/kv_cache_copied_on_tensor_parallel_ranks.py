"""Tensor parallelism must not keep the same KV cache on every rank.

## What it does

Counts the copies of the KV cache that the tensor parallel size makes, and the tokens that the deployment's memory
holds at most with them, beside what the same accelerators hold in another layout.

## Why it matters

Multi-head latent attention (DeepSeek, Kimi-K2, GLM-5) caches one latent row per token that no rank can hold a part
of: with tensor parallel size 8 all eight accelerators keep the same rows, and seven eighths of the memory for
requests are spent on copies. Grouped-query attention does the same above its number of KV heads. The engine starts
and answers well; it only preempts and queues at a fraction of the load that was paid for.

## Example

```yaml
# 8 x H200: one copy of the cache on each
args: ["--model=deepseek-ai/DeepSeek-V3", "--tensor-parallel-size=8"]
```

## Use instead

```yaml
# attention in eight ranks with a cache of their own, the experts over all of them
args: ["--model=deepseek-ai/DeepSeek-V3", "--data-parallel-size=8", "--enable-expert-parallel"]
# or the tokens of one cache over the ranks (vLLM 0.10.2 and later, where the attention backend supports it)
args: ["--model=deepseek-ai/DeepSeek-V3", "--tensor-parallel-size=8", "--decode-context-parallel-size=8"]
```

## Applies to

vLLM and mixtures of experts with latent attention, where the accelerator is known and attention in data-parallel
ranks certainly fits it and holds at least half as many tokens again by the same bound. Always a warning. Silent
where the copies cost nothing, because the cache certainly holds as many requests as `--max-num-seqs` lets run, each
of `--max-model-len`: for few requests at once tensor parallelism answers sooner. Copies of KV heads, which
grouped-query attention makes above their number, are not told.

## References

- vLLM `config/model.py` (`get_num_kv_heads`) and `v1/kv_cache_interface.py` (`MLAAttentionSpec`), read in 0.10.2 to
  0.33.0
- vLLM, "Context Parallel Deployment" and "Data Parallel Deployment":
  <https://docs.vllm.ai/en/latest/serving/data_parallel_deployment.html>
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.memory.weights_exceed_accelerator_memory import most_generous, offloads_weights
from neuroscale.rules.places import option_path
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    EXPERT_PARALLEL,
    MEMORY_OPTIONS,
    TENSOR_PARALLEL,
    are_known,
    vllm_settings,
)
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request
from neuroscale.sizing.memory import memory_budget, request_capacity

_CONTEXT_PARALLEL = "--decode-context-parallel-size"
_CONTEXT_PARALLEL_SINCE = Version("0.10.2")
_GIBIBYTE = 2**30
# The cache of one request of this length, per token, stands for any: windows and states are a small part of it.
_MEASURED_TOKENS = 65536
_WORTH_TELLING = 1.5


@dataclass(frozen=True, slots=True)
class _Layout:
    """A layout on the same accelerators.

    Attributes:
        written: The options that make it.
        tokens: What all accelerators hold at most.
        is_certain: Whether it works on any device; False where the attention backend decides.
    """

    written: str
    tokens: int
    is_certain: bool


def _judge(deployment: Deployment) -> Judgement:
    settings, architecture = vllm_settings(deployment), deployment.architecture
    if settings is None or settings.tensor_parallel_size == 1 or not deployment.accelerators:
        return
    if architecture is None or architecture.attention is None or not architecture.attention.is_latent:
        return
    if offloads_weights(settings) or not are_known(
        deployment, *MEMORY_OPTIONS, _CONTEXT_PARALLEL, EXPERT_PARALLEL, "--kv-cache-dtype"
    ):
        return
    if all(_holds_all_it_runs(architecture, settings, accelerator) for accelerator in deployment.accelerators):
        return
    settings = most_generous(settings)
    copies = _copies(architecture, settings)
    if copies < _WORTH_TELLING:
        return
    largest = max(deployment.accelerators, key=lambda accelerator: accelerator.memory_bytes)
    budget = memory_budget(architecture, settings, largest)
    tokens = _held_tokens(architecture, settings, largest)
    better = [
        layout
        for layout in _others(architecture, settings, largest, round(copies))
        if layout.tokens >= tokens * _WORTH_TELLING
    ]
    if not tokens or budget.most_kv_cache_bytes is None or not any(layout.is_certain for layout in better):
        return
    spent_bytes = budget.most_kv_cache_bytes * settings.world_size * (1 - 1 / copies)
    most = max(layout.tokens for layout in better)
    yield Violation(
        path=option_path(deployment.workload, TENSOR_PARALLEL),
        message=(
            f"tensor parallel size {settings.tensor_parallel_size} keeps {copies:.3g} copies of the latent KV "
            f"cache ({spent_bytes / _GIBIBYTE:.0f} GiB): at most {_short(tokens)} tokens fit, and "
            f"{_short(most)} in another layout on the same {settings.world_size} x {largest.name}"
        ),
        fix="; or ".join(f"{layout.written} (at most {_short(layout.tokens)} tokens)" for layout in better),
    )


def _holds_all_it_runs(architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator) -> bool:
    """Whether the cache certainly holds every request that the engine may run at once, each at full length."""
    requests, tokens = settings.maximum_sequences, settings.maximum_model_length_tokens
    if requests is None or not isinstance(tokens, int):
        return False
    budget = memory_budget(architecture, settings, accelerator)
    capacity = request_capacity(architecture, settings, budget, tokens)
    return capacity is not None and capacity.least_requests >= requests


def _copies(architecture: ModelArchitecture, settings: EngineSettings) -> float:
    """Return how many times the ranks of one replica keep what one rank alone would."""
    alone = replace(settings, tensor_parallel_size=1, decode_context_parallel_size=1)
    held = kv_cache_bytes_per_request(architecture, settings, _MEASURED_TOKENS)
    needed = kv_cache_bytes_per_request(architecture, alone, _MEASURED_TOKENS)
    if held is None or needed is None or not needed.optimistic_bytes:
        return 1.0
    return held.optimistic_bytes * settings.tensor_parallel_size / needed.optimistic_bytes


def _held_tokens(architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator) -> int:
    """Return the tokens that all data-parallel ranks hold at most, 0 where none fit or the model is not known."""
    budget = memory_budget(architecture, settings, accelerator)
    request = kv_cache_bytes_per_request(architecture, settings, _MEASURED_TOKENS)
    if request is None or not request.optimistic_bytes or (budget.most_kv_cache_bytes or 0) <= 0:
        return 0
    per_rank = (budget.most_kv_cache_bytes or 0) * _MEASURED_TOKENS // request.optimistic_bytes
    return per_rank * settings.data_parallel_size


def _others(
    architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator, copies: int
) -> Iterator[_Layout]:
    """Yield the layouts without the copies; weights that a rank then has to hold whole are counted."""
    tensor, data = settings.tensor_parallel_size, settings.data_parallel_size
    if architecture.is_mixture_of_experts and tensor % copies == 0:
        spread = replace(
            settings,
            tensor_parallel_size=tensor // copies,
            decode_context_parallel_size=1,
            data_parallel_size=data * copies,
            enable_expert_parallel=True,
        )
        if memory_budget(architecture, spread, accelerator).certainly_sufficient:
            written = (
                f"{DATA_PARALLEL} {data * copies} with {TENSOR_PARALLEL} {tensor // copies} and {EXPERT_PARALLEL}"
            )
            yield _Layout(written, _held_tokens(architecture, spread, accelerator), is_certain=True)
    has_option = settings.version is not None and settings.version >= _CONTEXT_PARALLEL_SINCE
    if has_option and settings.decode_context_parallel_size == 1 and tensor % copies == 0:
        shared = replace(settings, decode_context_parallel_size=copies)
        yield _Layout(
            f"{_CONTEXT_PARALLEL} {copies} where the attention backend supports it",
            _held_tokens(architecture, shared, accelerator),
            is_certain=False,
        )


def _short(tokens: int) -> str:
    return f"{tokens / 1e6:.1f} million" if tokens >= 10**6 else f"{tokens // 1000} thousand"


RULE = Rule(
    identifier="NS250",
    name="kv-cache-copied-on-tensor-parallel-ranks",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
