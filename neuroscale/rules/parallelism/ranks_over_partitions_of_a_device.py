"""The ranks of an engine must not be spread over partitions of a device.

## What it does

Flags a vLLM or SGLang with several ranks in a pod whose accelerators are MIG instances (`nvidia.com/mig-*`).

## Why it matters

A CUDA process enumerates one MIG instance, however many its container was given, so an engine of two ranks finds
one device and stops: `World size (2) is larger than the number of available GPUs (1) in this node.` Instances have
no peer access either, over NVLink or PCI Express: where a newer NCCL connects them at all, every step goes through
host memory. Two instances of 3g.40gb are no device of 80 GB.

## Example

```yaml
args: ["--model=Qwen/Qwen3-32B", "--tensor-parallel-size=2"]
resources: {limits: {nvidia.com/mig-3g.40gb: "2"}}
```

## Use instead

```yaml
args: ["--model=Qwen/Qwen3-32B"]
resources: {limits: {nvidia.com/gpu: "1"}}         # or a larger instance: nvidia.com/mig-7g.80gb
```

## Applies to

vLLM and SGLang in one pod, for tensor, pipeline, context and data parallel ranks together. A warning: what is seen
depends on the driver and on NCCL, which have had experimental support since 2026.

## References

- NVIDIA, "Multi-Instance GPU User Guide", CUDA device enumeration:
  <https://docs.nvidia.com/datacenter/tesla/mig-user-guide/mig-device-names.html>
- <https://github.com/NVIDIA/nccl/issues/1716>, <https://github.com/vllm-project/vllm/issues/7211>,
  <https://github.com/pytorch/pytorch/issues/130181>
"""

from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.sglang import PIPELINE_PARALLEL as SGLANG_PIPELINE_PARALLEL
from neuroscale.rules.sglang import TENSOR_PARALLEL as SGLANG_TENSOR_PARALLEL
from neuroscale.rules.sglang import sglang_settings
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import (
    DATA_PARALLEL,
    PIPELINE_PARALLEL,
    PREFILL_CONTEXT_PARALLEL,
    TENSOR_PARALLEL,
    are_known,
    vllm_settings,
)

_PARTITIONS = "nvidia.com/mig-"
_OPTIONS = {
    "vLLM": (TENSOR_PARALLEL, PIPELINE_PARALLEL, PREFILL_CONTEXT_PARALLEL, DATA_PARALLEL),
    "SGLang": (SGLANG_TENSOR_PARALLEL, SGLANG_PIPELINE_PARALLEL),
}


def _judge(deployment: Deployment) -> Judgement:
    request = deployment.workload.accelerators
    if request is None or not request.resource_name.startswith(_PARTITIONS):
        return
    engine, settings = _engine(deployment)
    if settings is None or not are_known(deployment, *_OPTIONS[engine]):
        return
    ranks = (settings.data_parallel_size_local or settings.data_parallel_size) * (
        settings.world_size // settings.data_parallel_size
    )
    if ranks == 1 or deployment.workload.pods_per_replica > 1:
        return
    yield Violation(
        path=request.path,
        message=(
            f"{engine} runs {ranks} ranks in the pod, but a CUDA process enumerates one of its "
            f"{request.resource_name[:40]} instances only, and they have no peer access: it does not start, or "
            "every step goes through host memory"
        ),
        fix="take whole devices (nvidia.com/gpu), or one MIG instance that holds the model, with one rank",
    )


def _engine(deployment: Deployment) -> tuple[str, EngineSettings | None]:
    settings = vllm_settings(deployment)
    return ("vLLM", settings) if settings is not None else ("SGLang", sglang_settings(deployment))


RULE = Rule(
    identifier="NS150",
    name="ranks-over-partitions-of-a-device",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
