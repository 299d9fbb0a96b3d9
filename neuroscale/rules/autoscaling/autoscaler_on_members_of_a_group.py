"""Scale the group that serves a model, not its members.

## What it does

Flags an autoscaler whose target is a Deployment or a StatefulSet of pods that are members of one group: ranks of a
data-parallel deployment of fixed size, or nodes of one replica.

## Why it matters

The size of the group is told to every member (`--data-parallel-size`, `--nnodes`). One pod more has no place in
it: it asks for a rank that another has, or waits for a rendezvous that is complete. One pod less and the others
wait for it in every step, because all ranks of a Mixture-of-Experts model compute together. Scaling must add and
remove whole groups.

## Example

```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: deepseek-ranks}   # 4 pods of one group
  minReplicas: 2
  maxReplicas: 8
```

## Use instead

```yaml
  scaleTargetRef: {apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, name: deepseek}
```

whose every replica is a group of its own (it has a scale subresource).

## Applies to

vLLM and SGLang. A warning: an engine that changes its size while it runs (vLLM's elastic expert parallelism, Ray)
is passed over. Silent when minimum and maximum replicas are equal.

## References

- vLLM, "Data Parallel Deployment": all ranks run a dummy pass when any has a request
- LeaderWorkerSet v0.9.0, `api/leaderworkerset/v1`: `subresources.scale` counts groups
"""

from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.workload import ServingWorkload
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import can_scale
from neuroscale.rules.subject import ScaledEndpoint

_KINDS = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})
_RANK_OPTIONS = ("--data-parallel-rank", "--data-parallel-start-rank", "--node-rank")
_ELASTIC_OPTIONS = frozenset({"--enable-elastic-ep", "--elastic-ep-backend"})
_BACKEND = "--data-parallel-backend"


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    if autoscaler.target_kind not in _KINDS or not can_scale(autoscaler):
        return
    if endpoint.serving_object is None or endpoint.serving_object.kind == "LLMInferenceService":
        return
    for workload in endpoint.workloads:
        members = _members(workload)
        if members is not None:
            yield Violation(
                path=(*autoscaler.target_path, "name"),
                message=(
                    f"the pods of {autoscaler.target_name} are members of one group ({members}): one more has no "
                    "place in it, and without one the others wait"
                ),
                fix="let a LeaderWorkerSet make the groups, and scale that",
            )
            return


def _members(workload: ServingWorkload) -> str | None:
    """Return what makes the pods members of one group, as the engine is told; None where each serves by itself."""
    settings = workload.settings
    if settings is None or _is_elastic(settings):
        return None
    local, size = settings.data_parallel_size_local, settings.data_parallel_size
    if local is not None and local < size:
        return f"--data-parallel-size {size}, {local} of them local"
    rank = next((option for option in _RANK_OPTIONS if option in (*settings.options, *settings.unresolved)), None)
    if rank is not None and (size > 1 or settings.nodes > 1):
        return f"{rank} of {max(size, settings.nodes)}"
    if workload.manifest.kind in _KINDS and workload.pods_per_replica > 1:
        return f"{workload.pods_per_replica} nodes"
    return None


def _is_elastic(settings: EngineSettings) -> bool:
    return (
        settings.joins_ray
        or settings.options.get(_BACKEND) == "ray"
        or not _ELASTIC_OPTIONS.isdisjoint(settings.options)
    )


RULE = Rule(
    identifier="NS406",
    name="autoscaler-on-members-of-a-group",
    severity=Severity.WARN,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
