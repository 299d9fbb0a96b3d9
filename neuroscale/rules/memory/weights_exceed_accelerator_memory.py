"""The weights must fit the accelerators' memory.

## What it does

Compares the weights that each accelerator has to hold with the memory that vLLM may use of it. It takes the
lower bound of the weights: no padding, nothing replicated that need not be, no activation memory, no KV cache.
What fails this bound cannot work.

## Why it matters

Memory follows the **total** parameters of a Mixture-of-Experts model, arithmetic only the active ones. "A4B" in
a name reads like four billion parameters; all 25.8 billion of Gemma 4 26B-A4B have to be in memory. The pod is
scheduled, the weights are downloaded for minutes, and then the process runs out of memory or stops with
`ValueError: No available memory for the cache blocks.`

## Example

```yaml
nodeSelector:
  nvidia.com/gpu.product: NVIDIA-L40S          # 48 GB
containers:
  - args: ["--model=google/gemma-4-26B-A4B"]   # 51.6 GB in bfloat16
```

## Use instead

```yaml
containers:
  - args: ["--model=google/gemma-4-26B-A4B", "--tensor-parallel-size=2"]
    resources: {limits: {nvidia.com/gpu: "2"}}
```

or an accelerator with more memory, or a quantised checkpoint.

## Applies to

vLLM, where the parameters of the model can be counted and the accelerator is known: denied when the pod's own
node labels name it, a warning when it is only what the cluster's nodes hold today. Silent with CPU offloading,
and for shares of a device. Utilisation is `--gpu-memory-utilization`, by default 0.92 from vLLM 0.20.2 and 0.9
up to 0.19.0; where the version is not known, the larger.

SGLang 0.4.6.post5 to 0.5.23 by the layout that needs least (every weight cut over all of `--tp-size`) and the whole
device where `--mem-fraction-static` is not given; silent with `--quantization` and other conversions while loading.

## References

- SGLang `model_executor/model_runner.py` and the memory pools, read in 0.4.6.post5, 0.5.9 and 0.5.23
- vLLM `v1/worker/gpu_worker.py` and `v1/core/kv_cache_utils.py`, read in 0.10.2 to 0.33.0
- vLLM, "Conserving Memory": <https://docs.vllm.ai/en/latest/configuration/conserving_memory.html>
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.rules.divisibility import valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import PIPELINE_PARALLEL as SGLANG_PIPELINE_PARALLEL
from neuroscale.rules.sglang import TENSOR_PARALLEL as SGLANG_TENSOR_PARALLEL
from neuroscale.rules.sglang import sglang_settings
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    MEMORY_OPTIONS,
    TENSOR_PARALLEL,
    partly_read,
    unknown_options,
    vllm_settings,
)
from neuroscale.sizing.memory import MemoryBudget, memory_budget

_GIBIBYTE = 2**30
_OFFLOADING = ("--cpu-offload-", "--offload-")
# SGLang: weights that are quantised while they are loaded take less than what is stored.
_QUANTISING = frozenset({"--quantization", "--torchao-config", "--modelopt-quant"})


@dataclass(frozen=True, slots=True)
class _Holder:
    """The engine that has to hold the weights.

    Attributes:
        engine: What to call it.
        settings: How it is started; for an engine whose layout has more freedom, the layout that needs least.
        options: What decides how much each accelerator holds.
        error: What it says when memory does not suffice.
        fix: Names what would suffice.
    """

    engine: str
    settings: EngineSettings
    options: tuple[str, ...]
    error: str
    fix: Callable[[ModelArchitecture, EngineSettings, Accelerator], str]


def _judge(deployment: Deployment) -> Judgement:
    holder = _of_vllm(deployment) or _of_sglang(deployment)
    if holder is None or not deployment.accelerators or offloads_weights(holder.settings):
        return
    unknown = tuple(unknown_options(deployment, *holder.options))
    if unknown:
        yield from unknown
        return
    architecture = deployment.architecture
    if architecture is None or architecture.parameters is None:
        yield from partly_read(deployment)
        return
    largest = max(deployment.accelerators, key=lambda accelerator: accelerator.memory_bytes)
    settings = most_generous(holder.settings)
    budget = memory_budget(architecture, settings, largest)
    if budget.weights is None or budget.weights.optimistic_bytes < budget.usable_bytes:
        return
    request = deployment.workload.accelerators
    yield Violation(
        path=request.path if request else deployment.workload.container_path,
        message=(
            f"each accelerator has to hold at least {_gibibytes(budget.weights.optimistic_bytes)} of weights, but "
            f"{holder.engine} may use only {_gibibytes(budget.usable_bytes)} of {largest.name} "
            f"({_gibibytes(budget.memory_bytes)} x {budget.gpu_memory_utilization:g}); "
            f'it runs out of memory or stops with "{holder.error}"'
        ),
        fix=holder.fix(architecture, settings, largest),
        severity=None if deployment.accelerators_source == "node labels" else Severity.WARN,
    )


def _of_vllm(deployment: Deployment) -> _Holder | None:
    settings = vllm_settings(deployment)
    if settings is None:
        return None
    return _Holder("vLLM", settings, MEMORY_OPTIONS, "No available memory for the cache blocks.", _fix)


def _of_sglang(deployment: Deployment) -> _Holder | None:
    """Return the layout that needs least: every weight cut over the whole tensor parallel group.

    Copies of the attention and of experts only add to it. A method that quantises while loading is not judged.
    """
    settings = sglang_settings(deployment)
    if settings is None or _QUANTISING & settings.options.keys():
        return None
    least = replace(
        settings,
        data_parallel_size=1,
        expert_parallel_size=None,
        enable_expert_parallel=False,
        gpu_memory_utilization=settings.gpu_memory_utilization or 1.0,
    )
    options = (SGLANG_TENSOR_PARALLEL, SGLANG_PIPELINE_PARALLEL, "--quantization", "--mem-fraction-static")
    error = "Not enough memory. Please try to increase --mem-fraction-static."
    return _Holder("SGLang", least, options, error, _fix_for_sglang)


def _fix_for_sglang(architecture: ModelArchitecture, settings: EngineSettings, present: Accelerator) -> str:
    budget = memory_budget(architecture, settings, present)
    sufficient = _smallest_sufficient(budget, present.resource_name)
    ways_out = [f"raise {SGLANG_TENSOR_PARALLEL} and the accelerators of the pod"]
    if sufficient is not None:
        ways_out.append(f"take an accelerator of {_gibibytes(sufficient.memory_bytes)} such as {sufficient.name}")
    return ", or ".join((*ways_out, "serve a checkpoint with smaller weights (FP8 or 4-bit)"))


def offloads_weights(settings: EngineSettings) -> bool:
    """Whether weights may be moved to the host, so that an accelerator need not hold them."""
    return any(option.startswith(_OFFLOADING) for option in (*settings.options, *settings.unresolved))


def most_generous(settings: EngineSettings) -> EngineSettings:
    """Return the settings with the whole device usable where the utilisation cannot be known."""
    if settings.gpu_memory_utilization is None and any(
        name in settings.unresolved for name in ("--gpu-memory-utilization", "--config")
    ):
        return replace(settings, gpu_memory_utilization=1.0)
    return settings


def _fix(architecture: ModelArchitecture, settings: EngineSettings, present: Accelerator) -> str:
    """Name the smallest size and the smallest accelerator that suffice with everything else unchanged."""
    ways_out = []
    default = replace(settings, gpu_memory_utilization=None)
    if settings.gpu_memory_utilization is not None and _fits(architecture, default, present):
        ways_out.append(
            f"leave --gpu-memory-utilization at its default instead of {settings.gpu_memory_utilization:g}"
        )
    for size in valid_sizes(architecture, settings):
        tried = replace(settings, tensor_parallel_size=size)
        if size > settings.tensor_parallel_size and _fits(architecture, tried, present):
            devices = tried.world_size
            ways_out.append(f"set {TENSOR_PARALLEL} to {size} (with {devices} accelerators)")
            break
    sufficient = _smallest_sufficient(memory_budget(architecture, settings, present), present.resource_name)
    if sufficient is not None:
        ways_out.append(f"take an accelerator of {_gibibytes(sufficient.memory_bytes)} such as {sufficient.name}")
    ways_out.append("serve a checkpoint with smaller weights (FP8 or 4-bit)")
    return ", or ".join(ways_out)


def _smallest_sufficient(budget: MemoryBudget, resource_name: str) -> Accelerator | None:
    """Return the smallest accelerator that holds what the budget spends; weights do not depend on the device."""
    if budget.weights is None:
        return None
    needed_bytes = budget.weights.pessimistic_bytes + budget.overhead.pessimistic_bytes
    sufficient = [
        accelerator
        for accelerator in load_accelerators().values()
        if accelerator.resource_name == resource_name
        and accelerator.memory_bytes * budget.gpu_memory_utilization > needed_bytes
    ]
    return min(sufficient, key=lambda accelerator: accelerator.memory_bytes, default=None)


def _fits(architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator) -> bool:
    return memory_budget(architecture, settings, accelerator).certainly_sufficient


def _gibibytes(amount_bytes: float) -> str:
    return f"{amount_bytes / _GIBIBYTE:.1f} GiB"


RULE = Rule(
    identifier="NS201",
    name="weights-exceed-accelerator-memory",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
