"""Replicas must not be removed faster than they can be brought back.

## What it does

Compares how soon an autoscaler removes replicas (the stabilisation window for scaling down, KEDA's cooldown before
the last one goes) with the shortest time in which a new replica can load the model's weights.

## Why it matters

A Mixture-of-Experts model loads all its experts, not the active ones: a cold start follows total parameters. An
autoscaler that drops a replica after 30 seconds of quiet and needs minutes to get it back flaps: each pause in the
traffic is paid with a load, and requests queue or fail meanwhile.

## Example

```yaml
behavior:
  scaleDown:
    stabilizationWindowSeconds: 0      # DeepSeek-V3: 690 GB to load again
```

## Use instead

```yaml
behavior:
  scaleDown:
    stabilizationWindowSeconds: 600
```

## Applies to

Every engine, where the model is known. The load time is a lower bound: the stored weights (drafting layers not
counted) at 10 GB/s for each pod of a replica, which is more than shared storage, object stores or most local disks
give; the start of the engine, its compilation and the download are left out. A warning.

## References

- Kubernetes, "Horizontal Pod Autoscaling", "Stabilization window": 300 seconds unless it is said otherwise
- KEDA, "ScaledObject specification": `cooldownPeriod`, 300 seconds
"""

from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.object import FieldPath
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import can_scale
from neuroscale.rules.subject import Deployment, ScaledEndpoint
from neuroscale.sizing.checkpoint import checkpoint_bytes

_FASTEST_LOAD_BYTES_PER_SECOND = 10_000_000_000
_KEDA_KIND = "ScaledObject"
# The longest window that a HorizontalPodAutoscaler takes.
_LONGEST_WINDOW_SECONDS = 3600


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    stored = max((_stored_bytes_of_a_pod(each) for each in endpoint.deployments), default=0)
    seconds = stored / _FASTEST_LOAD_BYTES_PER_SECOND
    if not can_scale(autoscaler) or not seconds:
        return
    said = f"loading {stored / 1e9:.0f} GB takes {seconds:.0f} s at 10 GB/s, which few storages reach"
    window = autoscaler.scale_down_window_seconds
    if window is not None and window < seconds:
        yield Violation(
            path=_written_path(autoscaler, autoscaler.scale_down_path),
            message=f"replicas are removed after {window} s of lower load, but for each one that returns {said}",
            fix=f"keep them for several loads: stabilizationWindowSeconds {_advised_seconds(seconds)} or more",
        )
    if autoscaler.scales_to_zero and autoscaler.manifest.kind == _KEDA_KIND and autoscaler.idle_seconds < seconds:
        yield Violation(
            path=_written_path(autoscaler, ("spec", "cooldownPeriod")),
            message=f"the last replica goes after {autoscaler.idle_seconds} s without load, but {said}",
            fix=f"keep it for several loads: cooldownPeriod {_advised_seconds(seconds)} or more",
        )


def _stored_bytes_of_a_pod(deployment: Deployment) -> float:
    stored = None if deployment.architecture is None else checkpoint_bytes(deployment.architecture)
    if stored is None:
        return 0
    return stored.optimistic_bytes / max(1, deployment.workload.pods_per_replica)


def _advised_seconds(seconds: float) -> int:
    """Return five loads, in whole minutes."""
    return min(_LONGEST_WINDOW_SECONDS, 60 * max(5, round(5 * seconds / 60)))


def _written_path(autoscaler: Autoscaler, path: FieldPath) -> FieldPath:
    written = path
    while written and written_value(autoscaler.manifest, written) is None:
        written = written[:-1]
    return written or autoscaler.target_path


RULE = Rule(
    identifier="NS409",
    name="replicas-go-before-they-could-return",
    severity=Severity.WARN,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
