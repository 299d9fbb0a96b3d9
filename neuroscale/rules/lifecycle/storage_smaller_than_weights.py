"""What the weights are downloaded to must hold them.

## What it does

Where the engine downloads its weights from a hub, compares their stored bytes (a lower bound: no second format, no
revision besides, no temporary files) with what limits the place that they are written to: the `sizeLimit` of an
`emptyDir`, the `ephemeral-storage` limit of the pod, and, for an `emptyDir` in memory, the memory limit of the
container that fills it.

## Why it matters

Nothing checks these limits when the pod is scheduled. The download runs for minutes, passes the limit, and the
kubelet evicts the pod: `Usage of EmptyDir volume "cache" exceeds the limit "50Gi".` Its replacement starts with an
empty volume, downloads again and is evicted again. A volume in memory is full (`No space left on device`) or the
container is killed for memory (`OOMKilled`).

## Example

```yaml
containers:
  - args: ["--model=Qwen/Qwen2.5-72B-Instruct"]                 # 145 GB
    env: [{name: HF_HOME, value: /cache/huggingface}]
    volumeMounts: [{name: cache, mountPath: /cache/huggingface}]
volumes:
  - name: cache
    emptyDir: {sizeLimit: 50Gi}
```

## Use instead

```yaml
volumes:
  - name: cache
    persistentVolumeClaim: {claimName: model-cache}             # keeps them for the next start, too
```

## Applies to

Engines that fetch a hub repository by themselves (vLLM, SGLang), where the model's parameters can be counted and
the directory is stated (`--download-dir`, `HF_HOME`, `HF_HUB_CACHE`) or a volume is mounted over the usual one.
Silent offline, for other sources than the Hugging Face hub, for loaders other than the usual one, and for
volumes that are claimed.

## References

- Kubernetes, "Local ephemeral storage", and "Volumes" (emptyDir):
  <https://kubernetes.io/docs/concepts/storage/ephemeral-storage/>
- Kubernetes `pkg/kubelet/eviction/eviction_manager.go` (`emptyDirLimitEviction`,
  `podEphemeralStorageLimitEviction`)
- huggingface_hub, "Environment variables"
"""

from collections.abc import Iterator
from fractions import Fraction

from neuroscale.manifests.container import Container, ResourceAmount, VolumeMount
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.pod import Pod
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.stored_weights import Download, engine_download, least_stored_bytes
from neuroscale.rules.subject import Deployment

_GIBIBYTE = 2**30
_EPHEMERAL = "ephemeral-storage"


def _judge(deployment: Deployment) -> Judgement:
    container, pod = deployment.workload.container, deployment.workload.pod
    download = engine_download(deployment)
    if container is None or pod is None or download is None or download.is_kept:
        return
    limits = tuple(_limits(container, pod, download))
    # Most pods limit nothing, and counting a model's bytes is what takes time.
    stored_bytes = least_stored_bytes(deployment) if limits else None
    if stored_bytes is None:
        return
    stored = f"{stored_bytes / _GIBIBYTE:.1f} GiB"
    for path, limit, what, happens, fix in limits:
        if stored_bytes > limit:
            yield Violation(
                path=path,
                message=(
                    f"the weights that are downloaded take at least {stored}, but {what} {_shown(limit)}; {happens}"
                ),
                fix=fix.format(size=f"{_advised_gibibytes(stored_bytes)}Gi"),
            )
            return


def _limits(
    container: Container, pod: Pod, download: Download
) -> Iterator[tuple[FieldPath, Fraction, str, str, str]]:
    """Yield what limits the download: where it is written, the bytes, and what passing it does."""
    volume = download.volume
    claim = "keep them on a PersistentVolumeClaim, or "
    if volume is not None and volume.kind == "emptyDir":
        size = parse_quantity(volume.size_limit)
        path = (*volume.path, "emptyDir", "sizeLimit")
        if size:
            happens = (
                "writing fails with No space left on device" if volume.is_memory else "the kubelet evicts the pod"
            )
            yield (
                path,
                size,
                "the sizeLimit of their emptyDir is",
                happens,
                claim + "set sizeLimit to {size} or more",
            )
        memory = container.limits.get("memory")
        if volume.is_memory and memory is not None and (amount := parse_quantity(memory.amount)):
            yield (
                memory.path or container.path,
                amount,
                "their emptyDir is in memory, and the container's memory limit is",
                "the container is OOMKilled or the volume is full",
                claim + "leave out medium: Memory",
            )
            return
    if volume is not None and volume.kind == "ephemeral":
        return
    # The directory depends on the image, but it is the container's own file system unless a volume covers it.
    is_anywhere = volume is None and download.directory is None
    if is_anywhere and any(_may_hold_the_cache(mount, pod) for mount in container.mounts):
        return
    total, path = _ephemeral_limit(container, pod)
    if total:
        yield (
            path,
            total,
            "the ephemeral-storage limit of the pod is",
            "the kubelet evicts the pod",
            claim + "set ephemeral-storage to {size} or more",
        )


def _may_hold_the_cache(mount: VolumeMount, pod: Pod) -> bool:
    volume = pod.storage.get(mount.volume)
    is_disk_of_the_pod = volume is not None and volume.kind == "emptyDir" and not volume.is_memory
    return not is_disk_of_the_pod and not mount.mount_path.startswith(("/dev/", "/etc/"))


def _ephemeral_limit(container: Container, pod: Pod) -> tuple[Fraction, FieldPath]:
    """Return the pod's limit as the kubelet sums it, 0 without one, and where it is written."""
    written = [each.limits[_EPHEMERAL] for each in pod.containers if _EPHEMERAL in each.limits]
    starting = [each.limits[_EPHEMERAL] for each in pod.initialization_containers if _EPHEMERAL in each.limits]
    total = max(sum(map(_bytes, written), Fraction(0)), *map(_bytes, starting), Fraction(0))
    if any(each.is_sidecar for each in pod.initialization_containers):
        total = sum(map(_bytes, (*written, *starting)), Fraction(0))
    own = container.limits.get(_EPHEMERAL)
    first = own or (written[0] if written else None)
    return (total, (first.path if first is not None else None) or container.path)


def _bytes(amount: ResourceAmount) -> Fraction:
    return parse_quantity(amount.amount) or Fraction(0)


def _advised_gibibytes(stored_bytes: int) -> int:
    """Return the weights and a tenth, in whole tens of GiB: tokenizers, logs and files that are written first."""
    return -(-stored_bytes * 11 // (10 * _GIBIBYTE) // 10) * 10


def _shown(limit: Fraction) -> str:
    return f"{float(limit) / _GIBIBYTE:.1f} GiB"


RULE = Rule(
    identifier="NS703",
    name="storage-smaller-than-weights",
    severity=Severity.DENY,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
