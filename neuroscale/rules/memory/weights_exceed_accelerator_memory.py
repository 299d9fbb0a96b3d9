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
node labels name it, a warning when it is only what the cluster's nodes hold today. Denied too for a partition whose
resource states its memory (`nvidia.com/mig-1g.10gb` has 10 GiB at most). Silent with CPU offloading, and for other
shares of a device. Utilisation is `--gpu-memory-utilization`, by default 0.92 from vLLM 0.20.2 and 0.9
up to 0.19.0; where the version is not known, the larger.

TensorRT-LLM (PyTorch back end) and Text Generation Inference where an even share of the language model alone is
more than the whole device; silent with `--quantize` and with a configuration file.

SGLang 0.4.6.post5 to 0.5.23 by the layout that needs least (attention whole in every copy that
`--enable-dp-attention` makes, where the model's class is known to copy it; every other weight cut over all of
`--tp-size`) and the whole device where `--mem-fraction-static` is not given; silent with `--quantization` and other
conversions while loading.

## References

- SGLang `model_executor/model_runner.py` and the memory pools, read in 0.4.6.post5, 0.5.9 and 0.5.23
- vLLM `v1/worker/gpu_worker.py` and `v1/core/kv_cache_utils.py`, read in 0.10.2 to 0.33.0
- NVIDIA, "Multi-Instance GPU User Guide", device names:
  <https://docs.nvidia.com/datacenter/tesla/mig-user-guide/mig-device-names.html>
- vLLM, "Conserving Memory": <https://docs.vllm.ai/en/latest/configuration/conserving_memory.html>
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.tensorrt_llm import CONFIGURATION_OPTION
from neuroscale.engines.tensorrt_llm import TENSOR_PARALLEL as TENSORRT_LLM_TENSOR_PARALLEL
from neuroscale.engines.text_generation_inference import NUMBER_OF_SHARDS
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.hardware.partitions import partition_memory_bytes
from neuroscale.rules.divisibility import valid_sizes
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import ATTENTION_OPTIONS, EXPERT_OPTIONS, sglang_settings
from neuroscale.rules.sglang import PIPELINE_PARALLEL as SGLANG_PIPELINE_PARALLEL
from neuroscale.rules.sglang import TENSOR_PARALLEL as SGLANG_TENSOR_PARALLEL
from neuroscale.rules.stored_weights import least_language_model_bytes, names_a_repository
from neuroscale.rules.subject import Deployment
from neuroscale.rules.tensorrt_llm import SIZES as TENSORRT_LLM_SIZES
from neuroscale.rules.tensorrt_llm import tensorrt_llm_settings, unknown_sizes
from neuroscale.rules.text_generation_inference import text_generation_inference_settings, unknown_shards
from neuroscale.rules.vllm import (
    MEMORY_OPTIONS,
    TENSOR_PARALLEL,
    are_known,
    partly_read,
    unknown_options,
    vllm_settings,
)
from neuroscale.sizing.memory import memory_budget

_GIBIBYTE = 2**30
_SMALLER_THAN_A_DEVICE = (
    "take a larger partition or a whole accelerator, or serve a checkpoint with smaller weights (FP8 or 4-bit)"
)
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


@dataclass(frozen=True, slots=True)
class _Spread:
    """Over what an engine spreads the weights, however it does.

    Attributes:
        engine: What to call it.
        accelerators: The most that hold a part.
        option: The option that sets their number.
    """

    engine: str
    accelerators: int
    option: str


def _judge(deployment: Deployment) -> Judgement:
    holder = _of_vllm(deployment) or _of_sglang(deployment)
    if holder is None:
        yield from _of_any_layout(deployment)
        return
    partition = _partition(deployment)
    accelerators = deployment.accelerators if partition is None else (partition,)
    if not accelerators or offloads_weights(holder.settings):
        return
    unknown = tuple(unknown_options(deployment, *holder.options))
    if unknown:
        yield from unknown
        return
    architecture = deployment.architecture
    if architecture is None or architecture.parameters is None:
        yield from partly_read(deployment)
        return
    largest = max(accelerators, key=lambda accelerator: accelerator.memory_bytes)
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
        fix=_SMALLER_THAN_A_DEVICE if partition is not None else holder.fix(architecture, settings, largest),
        severity=None
        if partition is not None or deployment.accelerators_source == "node labels"
        else Severity.WARN,
    )


def _partition(deployment: Deployment) -> Accelerator | None:
    """Return the partition of a device that each rank gets, where its resource states its memory."""
    request = deployment.workload.accelerators
    memory_bytes = None if request is None else partition_memory_bytes(request.resource_name)
    if request is None or memory_bytes is None:
        return None
    # Of a partition only its name and its memory are known, and the budget of the weights reads nothing else.
    whole = next(iter(load_accelerators().values()))
    name = request.resource_name.rpartition("/")[2]
    return replace(whole, name=name, resource_name=request.resource_name, memory_bytes=memory_bytes)


def _of_any_layout(deployment: Deployment) -> Judgement:
    """Yield where an even share of the language model is more than the whole device: for engines of any layout."""
    spread = _of_tensorrt_llm(deployment) or _of_text_generation_inference(deployment)
    architecture = deployment.architecture
    if spread is None or architecture is None or not deployment.accelerators:
        return
    least = least_language_model_bytes(architecture)
    largest = max(deployment.accelerators, key=lambda accelerator: accelerator.memory_bytes)
    if least is None or least // spread.accelerators < largest.memory_bytes:
        return
    request = deployment.workload.accelerators
    yield Violation(
        path=request.path if request else deployment.workload.container_path,
        message=(
            f"the weights take at least {_gibibytes(least)}, and {spread.accelerators} x {largest.name} hold "
            f"{_gibibytes(spread.accelerators * largest.memory_bytes)}; {spread.engine} runs out of memory"
        ),
        fix=(
            f"take at least {least // largest.memory_bytes + 1} accelerators with {spread.option}, "
            "or take an accelerator with more memory, or serve a checkpoint with smaller weights (FP8 or 4-bit)"
        ),
        severity=None if deployment.accelerators_source == "node labels" else Severity.WARN,
    )


def _of_tensorrt_llm(deployment: Deployment) -> _Spread | None:
    """Return over what the weights are spread; the file of the configuration may quantise them."""
    settings = tensorrt_llm_settings(deployment)
    if settings is None or CONFIGURATION_OPTION in {*settings.options, *settings.unresolved}:
        return None
    if not names_a_repository(settings) or next(unknown_sizes(deployment, *TENSORRT_LLM_SIZES), None) is not None:
        return None
    return _Spread("TensorRT-LLM", settings.world_size, TENSORRT_LLM_TENSOR_PARALLEL)


def _of_text_generation_inference(deployment: Deployment) -> _Spread | None:
    """Return over what the weights are spread; one shard of a plain class takes every device of the pod."""
    settings = text_generation_inference_settings(deployment)
    request = deployment.workload.accelerators
    if settings is None or request is None or request.count is None or settings.quantization is not None:
        return None
    if not names_a_repository(settings) or next(unknown_shards(deployment), None) is not None:
        return None
    if not are_known(deployment, "--quantize") or settings.may_have_variable("QUANTIZE"):
        return None
    accelerators = max(settings.tensor_parallel_size, request.count)
    return _Spread("Text Generation Inference", accelerators, NUMBER_OF_SHARDS)


def _of_vllm(deployment: Deployment) -> _Holder | None:
    settings = vllm_settings(deployment)
    if settings is None:
        return None
    return _Holder("vLLM", settings, MEMORY_OPTIONS, "No available memory for the cache blocks.", _fix)


def _of_sglang(deployment: Deployment) -> _Holder | None:
    """Return the layout that needs least; a method that quantises while loading is not judged.

    Where it is not known how attention or experts are copied, every weight is cut over the whole tensor parallel
    group: copies only add to that.
    """
    settings = sglang_settings(deployment)
    if settings is None or settings.gives_any(_QUANTISING):
        return None
    least = settings
    if not are_known(deployment, *ATTENTION_OPTIONS, *EXPERT_OPTIONS):
        least = replace(
            least,
            attention_data_parallel_size=1,
            attention_context_parallel_size=1,
            expert_parallel_size=None,
            expert_data_parallel_size=1,
            enable_expert_parallel=False,
        )
    options = (SGLANG_TENSOR_PARALLEL, SGLANG_PIPELINE_PARALLEL, "--quantization", "--mem-fraction-static")
    error = "Not enough memory. Please try to increase --mem-fraction-static."
    return _Holder("SGLang", least, options, error, _fix_for_sglang)


def _fix_for_sglang(architecture: ModelArchitecture, settings: EngineSettings, present: Accelerator) -> str:
    sufficient = _smallest_sufficient(architecture, settings, present.resource_name)
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
    sufficient = _smallest_sufficient(architecture, settings, present.resource_name)
    if sufficient is not None:
        ways_out.append(f"take an accelerator of {_gibibytes(sufficient.memory_bytes)} such as {sufficient.name}")
    ways_out.append("serve a checkpoint with smaller weights (FP8 or 4-bit)")
    return ", or ".join(ways_out)


def _smallest_sufficient(
    architecture: ModelArchitecture, settings: EngineSettings, resource_name: str
) -> Accelerator | None:
    """Return the smallest accelerator that certainly holds weights and overhead by what a process sees of it."""
    sufficient = (
        accelerator
        for accelerator in load_accelerators().values()
        if accelerator.resource_name == resource_name and _fits(architecture, settings, accelerator)
    )
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
