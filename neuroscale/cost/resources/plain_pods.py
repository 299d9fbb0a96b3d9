"""The pods of objects with pod templates of their own, whatever runs in them.

Source: Kubernetes API `apps/v1`, `batch/v1` and `v1` (defaults of `replicas` and `parallelism` are 1), and
LeaderWorkerSet v0.9.0 `api/leaderworkerset/v1`.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from neuroscale.cost.resources.pod_group import PodGroup
from neuroscale.cost.resources.pod_requests import quantity_of
from neuroscale.cost.resources.replicas import Replicas, whole_object_replicas
from neuroscale.cost.resources.span import NOTHING, Span, fixed
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import Pod, read_pod
from neuroscale.rules.subject import Deployment

_TEMPLATE = ("spec", "template", "spec")
_POD_PATHS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): ("spec",),
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
    ("batch", "Job"): _TEMPLATE,
}
_GROUPED = ("leaderworkerset.x-k8s.io", "LeaderWorkerSet")
PLAIN_KINDS: frozenset[tuple[str, str]] = frozenset({*_POD_PATHS, _GROUPED})
"""API group and kind of the objects that are read here."""


def read_plain_pods(
    manifest: ManifestObject,
    autoscalers: Sequence[Autoscaler],
    deployments: Sequence[Deployment],
    nodes: Sequence[ManifestObject],
) -> tuple[PodGroup, ...]:
    """Return the pods of an object of one of `PLAIN_KINDS`.

    Args:
        manifest: The object.
        autoscalers: What scales it.
        deployments: What is known of the engines in its pods.
        nodes: The nodes at hand, for DaemonSets.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type, or a number out of range.
    """
    key = (manifest.api_group, manifest.kind)
    if key == _GROUPED:
        return tuple(_groups_of_leaders(root(manifest)["spec"], autoscalers, deployments))
    at = root(manifest)
    for step in _POD_PATHS[key]:
        at = at[step]
    pod = read_pod(at)
    counted = _count(manifest, pod, autoscalers, nodes)
    disks = ephemeral_disk_bytes(at) + claimed_disk_bytes(root(manifest)["spec"]["volumeClaimTemplates"])
    return (_group("pod", pod, counted, deployments, disks),)


def claimed_disk_bytes(templates: Field) -> Fraction:
    """Return the storage that a list of claim templates asks for, for each pod.

    Raises:
        InvalidInputError: An amount is no quantity.
    """
    return sum((_storage(each["spec"]) for each in templates.elements()), start=Fraction(0))


def ephemeral_disk_bytes(pod: Field) -> Fraction:
    """Return the storage of the claims that a pod makes for itself (`volumes[].ephemeral`).

    Raises:
        InvalidInputError: An amount is no quantity.
    """
    claims = (each["ephemeral"]["volumeClaimTemplate"]["spec"] for each in pod["volumes"].elements())
    return sum((_storage(claim) for claim in claims), start=Fraction(0))


def _storage(claim: Field) -> Fraction:
    requested = claim["resources"]["requests"]["storage"]
    return quantity_of(requested.value, requested.path, "storage") if requested.is_written else Fraction(0)


def claim_disk_bytes(manifest: ManifestObject) -> Fraction:
    """Return the storage that a PersistentVolumeClaim asks for.

    Raises:
        InvalidInputError: The amount is no quantity.
    """
    return _storage(root(manifest)["spec"])


def _count(
    manifest: ManifestObject, pod: Pod, autoscalers: Sequence[Autoscaler], nodes: Sequence[ManifestObject]
) -> Replicas:
    spec = root(manifest)["spec"]
    if manifest.kind == "DaemonSet":
        return _on_each_node(pod, nodes)
    if manifest.kind == "Job":
        return _while_it_runs(spec, "Counted while the job runs; it ends.")
    if manifest.kind == "CronJob":
        job = spec["jobTemplate"]["spec"]
        return _while_it_runs(job, "Counted while one of its jobs runs.", is_suspended=spec["suspend"].boolean())
    if manifest.kind == "Pod":
        return Replicas(fixed(1))
    return whole_object_replicas(spec["replicas"], autoscalers)


def _while_it_runs(job: Field, doubt: str, *, is_suspended: bool = False) -> Replicas:
    if is_suspended or job["suspend"].boolean():
        return Replicas(NOTHING, ("Suspended: nothing runs.",))
    most = whole_object_replicas(job["parallelism"], ()).span.most
    return Replicas(Span(Fraction(0), most), (doubt,))


def _on_each_node(pod: Pod, nodes: Sequence[ManifestObject]) -> Replicas:
    if not nodes:
        return Replicas(
            Span(Fraction(0), None),
            ("One pod runs on each node that fits, and no nodes are given with the context.",),
        )
    allowed = pod.node_label_choices()
    fitting = sum(1 for node in nodes if all(node.labels.get(label) in values for label, values in allowed.items()))
    return Replicas(fixed(fitting), ("One pod on each node at hand whose labels fit; taints are not looked at.",))


def _groups_of_leaders(
    spec: Field, autoscalers: Sequence[Autoscaler], deployments: Sequence[Deployment]
) -> Iterator[PodGroup]:
    template = spec["leaderWorkerTemplate"]
    worker = template["workerTemplate"]["spec"]
    leader = template["leaderTemplate"]["spec"] if template["leaderTemplate"].is_written else worker
    size = template["size"].integer()
    if size is not None and size < 1:
        raise template["size"].error("must be at least 1")
    counted = whole_object_replicas(spec["replicas"], autoscalers)
    claims = claimed_disk_bytes(spec["volumeClaimTemplates"])
    yield _group("leader", read_pod(leader), counted, deployments, claims + ephemeral_disk_bytes(leader))
    if size is not None and size > 1:
        followers = Replicas(counted.span.times(fixed(size - 1)), counted.doubts)
        yield _group("worker", read_pod(worker), followers, deployments, claims + ephemeral_disk_bytes(worker))


def _group(
    part: str, pod: Pod, counted: Replicas, deployments: Sequence[Deployment], disk_bytes: Fraction
) -> PodGroup:
    deployment = next((each for each in deployments if each.workload.part == part), None)
    return PodGroup(
        part=part,
        pod=pod,
        pods=counted.span,
        engine=None if deployment is None else deployment.workload.container,
        deployment=deployment,
        disk_bytes=disk_bytes,
        doubts=counted.doubts,
    )
