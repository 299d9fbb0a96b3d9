"""From any object to the serving workloads it declares: one reader per kind."""

from collections.abc import Callable, Mapping, Sequence

from neuroscale.manifests.inference_service import read_inference_service
from neuroscale.manifests.leader_worker_set import read_leader_worker_set
from neuroscale.manifests.llm_inference_service import read_llm_inference_service
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod_workloads import read_pods
from neuroscale.manifests.serving_runtime import read_serving_runtime
from neuroscale.manifests.workload import ServingWorkload

_Reader = Callable[[ManifestObject, Sequence[ManifestObject], str | None], tuple[ServingWorkload, ...]]

# A template of pods that usually runs something else: only what is found in it makes it a serving object.
_POD_KINDS: Mapping[tuple[str, str], _Reader] = {
    ("", "Pod"): read_pods,
    ("apps", "DaemonSet"): read_pods,
    ("apps", "Deployment"): read_pods,
    ("apps", "ReplicaSet"): read_pods,
    ("apps", "StatefulSet"): read_pods,
    ("batch", "CronJob"): read_pods,
    ("batch", "Job"): read_pods,
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): read_leader_worker_set,
}
_READERS: Mapping[tuple[str, str], _Reader] = {
    **_POD_KINDS,
    ("serving.kserve.io", "ClusterServingRuntime"): read_serving_runtime,
    ("serving.kserve.io", "InferenceService"): read_inference_service,
    ("serving.kserve.io", "LLMInferenceService"): read_llm_inference_service,
    ("serving.kserve.io", "ServingRuntime"): read_serving_runtime,
}

SERVING_KINDS: frozenset[str] = frozenset(kind for _, kind in _READERS)
"""Kinds that may declare serving workloads; objects of the same kind in another API group declare none."""


def is_serving_object(manifest: ManifestObject) -> bool:
    """Whether the object is of a kind, in its own API group, that may declare serving workloads."""
    return (manifest.api_group, manifest.kind) in _READERS


def is_pod_object(manifest: ManifestObject) -> bool:
    """Whether the object is of a kind for pods of any purpose: without a workload it serves nothing."""
    return (manifest.api_group, manifest.kind) in _POD_KINDS


def read_workloads(
    manifest: ManifestObject, context: Sequence[ManifestObject] = (), kserve_version: str | None = None
) -> tuple[ServingWorkload, ...]:
    """Return the serving workloads of an object, none for an object of another kind.

    Args:
        manifest: Any object.
        context: Other objects that shape it: serving runtimes, presets, ConfigMaps, resource claims.
        kserve_version: Release of KServe whose presets apply, e.g. "0.20.0"; None takes the newest known.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type; the error names the field.
    """
    reader = _READERS.get((manifest.api_group, manifest.kind))
    return () if reader is None else reader(manifest, context, kserve_version)
