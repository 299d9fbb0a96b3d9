"""Ranks without a link between their devices need shared memory.

## What it does

Flags a pod with several ranks on devices that have no NVLink, whose engine's container has the `/dev/shm` of 64 MiB
that container runtimes give.

## Why it matters

NCCL joins ranks over NVLink or, where the board allows it, over PCI Express; else it passes everything through
`/dev/shm`, in segments of 9637888 bytes for each channel and direction. 64 MiB hold six of them. The weights load,
the first collective starts, and the engine dies: `NCCL WARN Error: failed to extend /dev/shm/nccl-WU88OE to 9637892
bytes, error: No space left on device (28)`, or a bus error.

## Example

```yaml
nodeSelector: {nvidia.com/gpu.product: Tesla-T4}
containers:
  - args: ["--model=Qwen/Qwen3-8B", "--tensor-parallel-size=4"]
```

## Use instead

```yaml
containers:
  - args: ["--model=Qwen/Qwen3-8B", "--tensor-parallel-size=4"]
    volumeMounts: [{name: shm, mountPath: /dev/shm}]
volumes:
  - name: shm
    emptyDir: {medium: Memory, sizeLimit: 8Gi}
```

## Applies to

vLLM and SGLang where the pod can only land on T4, L4, L40, L40S, RTX 4090, RTX 5090, RTX 6000 Ada or RTX PRO 6000.
A warning: some boards let such devices reach each other, and a container runtime may be set to give more. Silent
with `hostIPC`, with `NCCL_SHM_DISABLE`, and for an LLMInferenceService, whose presets mount one.

## References

- NCCL, "Troubleshooting" (shared memory) and <https://github.com/NVIDIA/nccl/issues/525>: four T4 on Kubernetes
- <https://github.com/pytorch/ci-infra/pull/490>: the same, with NCCL of 2026
- vLLM, "Using Docker" and "Using Kubernetes": shared memory for tensor parallel inference
"""

from neuroscale.manifests.quantity import parse_quantity
from neuroscale.manifests.volumes import mount_at
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment

# Source: NVIDIA's data sheets of these products, which name PCI Express as their only interconnect.
_WITHOUT_LINK = frozenset(
    {"t4", "l4", "l40", "l40s", "rtx-4090", "rtx-5090", "rtx-6000-ada", "rtx-pro-6000-server"}
)
_ENGINES = frozenset({"vllm", "sglang"})
_SWITCH = "NCCL_SHM_DISABLE"
_PATH = "/dev/shm"  # noqa: S108 - the mount point that is asked for, not a file that is written
_SEGMENT_BYTES = 9_637_888
_DEFAULT_BYTES = 64 * 2**20


def _judge(deployment: Deployment) -> Judgement:
    workload = deployment.workload
    settings, container, pod = workload.settings, workload.container, workload.pod
    if settings is None or settings.engine not in _ENGINES or container is None or pod is None:
        return
    names = {accelerator.name for accelerator in deployment.accelerators}
    request = workload.accelerators
    if not names or not names <= _WITHOUT_LINK or request is None or (request.visible_to_engine or 0) < 2:
        return
    if settings.tensor_parallel_size < 2 or pod.shares_host_memory or settings.unresolved:
        return
    if _SWITCH in settings.environment or settings.may_have_variable(_SWITCH):
        return
    size_bytes = float(_DEFAULT_BYTES)
    mount = mount_at(container, _PATH)
    if mount is not None:
        volume = pod.storage.get(mount.volume)
        limit = parse_quantity(volume.size_limit) if volume is not None else None
        if limit is None or limit > _DEFAULT_BYTES:
            return
        size_bytes = float(limit)
    devices = ", ".join(sorted(names))
    yield Violation(
        path=container.path,
        message=(
            f"{settings.tensor_parallel_size} ranks on {devices} without NVLink share data through {_PATH} of "
            f"{size_bytes / 2**20:.0f} MiB, in which NCCL takes 9.6 MB for each channel and direction: it fails "
            f"after {int(size_bytes // _SEGMENT_BYTES)} (No space left on device)"
        ),
        fix="mount an emptyDir with medium: Memory and a sizeLimit of some GiB at /dev/shm",
    )


RULE = Rule(
    identifier="NS704",
    name="shared-memory-too-small",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
