"""A pod must ask for as many accelerators as its engine has ranks.

## What it does

Compares the accelerators that the engine can use with those it occupies: tensor x pipeline x prefill-context x
data parallel size. In SGLang copies of the attention (`--attn-dp-size`, or `--dp-size` beside
`--enable-dp-attention`) are inside the tensor parallel size and need none of their own, nor do groups of experts in
TensorRT-LLM, where the size is tensor x pipeline x context. Text Generation Inference has one shard per device.
Fewer are denied, more are a warning. What other containers of the pod hold is not the engine's: containers do not
share their devices.

## Why it matters

With too few, vLLM stops: `ValueError: World size (8) is larger than the number of available GPUs (4) in this
node.` With too many, the rest stands idle and is billed: Kubernetes reserves whole devices, and the engine
never touches those its sizes do not name. Expert parallelism and decode-context parallelism add no devices;
data parallelism does.

## Example

```yaml
args: ["--tensor-parallel-size=2", "--data-parallel-size=4"]   # 8 ranks
resources:
  limits:
    nvidia.com/gpu: "4"
```

## Use instead

```yaml
resources:
  limits:
    nvidia.com/gpu: "8"
```

## Applies to

vLLM, SGLang and Text Generation Inference in a single pod per replica that asks for whole devices; TensorRT-LLM as
a warning, because its ranks share devices before anything refuses them, and not where MPI starts it. Silent where
the number cannot be known or is not the pod's alone: serving runtimes by themselves, several pods per replica, Ray,
dynamic resource allocation, MIG slices and shared devices; and about more devices where a script gives them to
processes one by one (`CUDA_VISIBLE_DEVICES=1 vllm serve ... &`). Where other pods hold some of vLLM's data-parallel
ranks (`--data-parallel-address`, `--data-parallel-rank`, external balancing), the pod must still hold those that
`--data-parallel-size-local` (KServe: `dataLocal`) gives it, or one rank whole.
Up to 0.11.0 vLLM turned to Ray by itself when the devices were too few, so a container that starts or joins a Ray
cluster is left alone there, and where the version is not known; later releases need
`--distributed-executor-backend ray` for that.

## References

- vLLM `config/parallel.py` and `v1/executor`, read in 0.7.3 to 0.33.0
- SGLang `srt/server_args.py` and `srt/entrypoints/engine.py`, read in 0.4.6.post5 to 0.5.23
- TensorRT-LLM `mapping.py` and `llmapi/llm.py`, read in 1.3.0rc3
- Text Generation Inference `server/text_generation_server/utils/dist.py`, read in 1.0.0, 1.1.0, 1.4.5, 2.0.4,
  2.4.1, 3.0.2 and 3.3.7
- vLLM, "Data Parallel Deployment": <https://docs.vllm.ai/en/latest/serving/data_parallel_deployment.html>
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.text_generation_inference import NUMBER_OF_SHARDS
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.rules.finding import Judgement, MissingFact, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import ATTENTION_OPTIONS, NODES, sglang_settings
from neuroscale.rules.sglang import PIPELINE_PARALLEL as SGLANG_PIPELINE_PARALLEL
from neuroscale.rules.subject import Deployment
from neuroscale.rules.tensorrt_llm import SIZES as TENSORRT_LLM_SIZES
from neuroscale.rules.tensorrt_llm import tensorrt_llm_settings, unknown_sizes
from neuroscale.rules.text_generation_inference import text_generation_inference_settings
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    DATA_PARALLEL_LOCAL,
    PIPELINE_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    unknown_options,
    vllm_settings,
)

_SIZES = (TENSOR_PARALLEL, PIPELINE_PARALLEL, PREFILL_CONTEXT_PARALLEL, DATA_PARALLEL)

# Devices of which one unit is one rank. Others (TPU chips with two cores, for example) count differently.
_ONE_RANK_EACH = frozenset({"nvidia.com/gpu", "amd.com/gpu"})

# Any of these says that other pods or a cluster of their own hold some of the ranks.
_SPREAD_OVER_PODS = frozenset(
    {
        "--data-parallel-multi-port-external-lb",
        "--enable-elastic-ep",
        "--headless",
        "--node-rank",
        "--nnodes",
    }
)
# Any of these says that other pods hold some of the data-parallel ranks, each of them whole.
_WHOLE_RANKS_IN_PODS = frozenset(
    {
        "--data-parallel-address",
        "--data-parallel-external-lb",
        "--data-parallel-hybrid-lb",
        "--data-parallel-rank",
        "--data-parallel-start-rank",
    }
)

# SGLang: ranks that start at another device, skip some, or run beside a model of their own.
_SGLANG_SPREAD = frozenset({"--base-gpu-id", "--gpu-id-step", "--use-ray", "--node-rank", "--dist-init-addr"})

# Assigned in front of a process: CUDA_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES.
_VISIBLE_DEVICES = "_VISIBLE_DEVICES="

_FIRST_WITH_WORLD_SIZE = Version("0.13.0")


@dataclass(frozen=True, slots=True)
class _Ranks:
    """The ranks of one engine in one pod.

    Attributes:
        options: What decides their number.
        needed: How many of them the pod runs.
        factors: What their number is the product of, for a message.
        refusal: What happens when this many devices are visible and they are too few.
        unknown: Yields why their number cannot be known.
        severity: How grave too few devices are; None takes the rule's own.
        may_be_more: Whether the pod may run others beside them.
        is_of_one_pod: Whether they are those of one pod, however many pods form a replica.
    """

    options: tuple[str, ...]
    needed: int
    factors: str
    refusal: Callable[[str, int], str]
    unknown: Callable[..., Iterator[MissingFact]] = unknown_options
    severity: Severity | None = None
    may_be_more: bool = False
    is_of_one_pod: bool = False


def _judge(deployment: Deployment) -> Judgement:
    readers = (_vllm_ranks, _sglang_ranks, _tensorrt_llm_ranks, _text_generation_inference_ranks)
    ranks_of_engine = next((found for read in readers if (found := read(deployment)) is not None), None)
    request = deployment.workload.accelerators
    if ranks_of_engine is None or request is None or request.resource_name not in _ONE_RANK_EACH:
        return
    visible = request.visible_to_engine
    if visible is None:
        return
    if deployment.workload.pods_per_replica != 1 and not ranks_of_engine.is_of_one_pod:
        return
    unknown = tuple(ranks_of_engine.unknown(deployment, *ranks_of_engine.options))
    if unknown:
        yield from unknown
        return
    needed = ranks_of_engine.needed
    if visible == needed or (visible > needed and (ranks_of_engine.may_be_more or _divides_devices(deployment))):
        return
    ranks = f"the engine runs {needed} {'rank' if needed == 1 else 'ranks'} ({ranks_of_engine.factors})"
    asker = "the pod" if request.engine_count is None else "its container"
    asked = f"{asker} asks for {visible} of {request.resource_name}"
    if visible < needed:
        error = ranks_of_engine.refusal(request.resource_name, visible)
        yield Violation(
            path=request.path,
            message=f"{ranks} but {asked}; {error}",
            fix=(
                f"request {needed} of {request.resource_name}, or lower the parallel sizes to a product of "
                f"{visible}"
            ),
            severity=ranks_of_engine.severity,
        )
    else:
        yield Violation(
            path=request.path,
            message=f"{asked} but {ranks}; {visible - needed} stand idle",
            fix=f"request {needed} of {request.resource_name}",
            severity=Severity.WARN,
        )


def _divides_devices(deployment: Deployment) -> bool:
    """Whether a script gives devices to processes one by one: to several engines, or to others beside this one."""
    container = deployment.workload.container
    texts = () if container is None else (*container.command, *container.arguments)
    return any(_VISIBLE_DEVICES in each.text for each in texts)


def _vllm_ranks(deployment: Deployment) -> _Ranks | None:
    settings = vllm_settings(deployment)
    if settings is None or _is_spread_over_pods(settings):
        return None
    one = settings.tensor_parallel_size * settings.pipeline_parallel_size * settings.prefill_context_parallel_size
    is_one_of_many = settings.gives_any(_WHOLE_RANKS_IN_PODS)
    if is_one_of_many and fact_holds("ray-taken-where-devices-are-too-few", settings.version) is not False:
        return None
    stated = settings.data_parallel_size_local
    copies = stated or (1 if is_one_of_many else settings.data_parallel_size)

    def refusal(resource_name: str, visible: int) -> str:
        error = (
            _refusal(settings.version, resource_name, one, visible)
            if one > visible
            else 'its data-parallel ranks find no device ("local_rank ... out of bounds")'
        )
        return f"vLLM will not start: {error}"

    factors = _factors(settings, copies)
    if is_one_of_many and stated is None:
        factors = f"{factors}, for one data-parallel rank"
    options = (*_SIZES, DATA_PARALLEL_LOCAL) if is_one_of_many else _SIZES
    return _Ranks(
        options, one * copies, factors, refusal, may_be_more=is_one_of_many, is_of_one_pod=stated is not None
    )


def _sglang_ranks(deployment: Deployment) -> _Ranks | None:
    settings = sglang_settings(deployment)
    if settings is None or settings.nodes > 1 or settings.gives_any(_SGLANG_SPREAD):
        return None
    factors = (
        ("tensor", settings.tensor_parallel_size),
        ("pipeline", settings.pipeline_parallel_size),
        ("data", settings.data_parallel_size),
    )
    product = " x ".join(f"{name} parallel {size}" for name, size in factors if size > 1) or "no parallelism"
    options = (*ATTENTION_OPTIONS, SGLANG_PIPELINE_PARALLEL, NODES)

    def refusal(resource_name: str, visible: int) -> str:
        return f"SGLang will not start: the ranks beyond the first {visible} of {resource_name} find no device"

    return _Ranks(options, settings.world_size, product, refusal)


def _tensorrt_llm_ranks(deployment: Deployment) -> _Ranks | None:
    settings = tensorrt_llm_settings(deployment)
    if settings is None or settings.joins_mpi or settings.gives_any({"--gpus_per_node"}):
        return None
    factors = (
        ("tensor", settings.tensor_parallel_size),
        ("pipeline", settings.pipeline_parallel_size),
        ("context", settings.prefill_context_parallel_size),
    )
    product = " x ".join(f"{name} parallel {size}" for name, size in factors if size > 1) or "no parallelism"

    def refusal(_: str, visible: int) -> str:
        return f"TensorRT-LLM takes them for several nodes and gives ranks the same device (rank modulo {visible})"

    return _Ranks(TENSORRT_LLM_SIZES, settings.world_size, product, refusal, unknown_sizes, Severity.WARN)


def _text_generation_inference_ranks(deployment: Deployment) -> _Ranks | None:
    settings = text_generation_inference_settings(deployment)
    if settings is None or NUMBER_OF_SHARDS not in settings.options:
        # The launcher then takes as many shards as it sees devices.
        return None

    def refusal(_: str, __: int) -> str:
        return 'Text Generation Inference will not start: "Each process is one gpu"'

    shards = settings.tensor_parallel_size
    return _Ranks((NUMBER_OF_SHARDS,), shards, f"{NUMBER_OF_SHARDS} {shards}", refusal)


def _refusal(version: Version | None, resource_name: str, ranks: int, devices: int) -> str:
    """Return what the version says when one engine's ranks outnumber the devices of its container."""
    if resource_name != "nvidia.com/gpu":
        return "the ranks beyond them find no device"
    if fact_holds("ray-taken-where-devices-are-too-few", version):
        return "it turns to Ray, which finds no more devices than the pod has"
    if version is not None and version < _FIRST_WITH_WORLD_SIZE:
        return f'"Tensor parallel size ({ranks}) cannot be larger than the number of available GPUs ({devices})."'
    return f'"World size ({ranks}) is larger than the number of available GPUs ({devices}) in this node."'


def _is_spread_over_pods(settings: EngineSettings) -> bool:
    if settings.joins_ray and fact_holds("ray-taken-where-devices-are-too-few", settings.version) is not False:
        return True
    if settings.data_parallel_size_local == 0 or settings.gives_any(_SPREAD_OVER_PODS):
        return True
    return any(
        option in settings.unresolved or settings.options.get(option) not in {None, "mp", "uni"}
        for option in ("--distributed-executor-backend", "--data-parallel-backend")
    )


def _factors(settings: EngineSettings, copies: int) -> str:
    data = "local data" if settings.data_parallel_size_local else "data"
    factors = (
        ("tensor", settings.tensor_parallel_size),
        ("pipeline", settings.pipeline_parallel_size),
        ("prefill context", settings.prefill_context_parallel_size),
        (data, copies),
    )
    return " x ".join(f"{name} parallel {size}" for name, size in factors if size > 1) or "no parallelism"


RULE = Rule(
    identifier="NS106",
    name="accelerators-of-the-pod-do-not-match-world-size",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
