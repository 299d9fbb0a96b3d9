"""The resources of a cluster that bear on the rules, and what is kept of an object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.autoscaling import AUTOSCALER_KINDS, read_autoscalers
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving import is_pod_object, read_workloads


@dataclass(frozen=True, slots=True)
class ClusterResource:
    """One resource type.

    Attributes:
        plural: Name in the API path; also its name in metrics and logs.
        kind: Kind of one object.
        group: API group, "" for the core group.
        versions: Versions to ask for, the preferred one first.
        is_namespaced: Whether its objects are in namespaces.
    """

    plural: str
    kind: str
    group: str
    versions: tuple[str, ...]
    is_namespaced: bool = True

    @property
    def full_name(self) -> str:
        """The name that kubectl and RBAC messages use, e.g. "inferenceservices.serving.kserve.io"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def api_version(self, version: str) -> str:
        """Write the apiVersion of an object read at a version."""
        return f"{self.group}/{version}" if self.group else version

    def path(self, version: str, namespace: str = "") -> str:
        """Write the path that lists the resource: of one namespace, or of all when it is ""."""
        root = f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"


_KSERVE = "serving.kserve.io"
_DEVICES = ("v1", "v1beta2", "v1beta1")

INFERENCE_SERVICES = ClusterResource("inferenceservices", "InferenceService", _KSERVE, ("v1beta1",))
LLM_INFERENCE_SERVICES = ClusterResource(
    "llminferenceservices", "LLMInferenceService", _KSERVE, ("v1alpha2", "v1alpha1")
)
LLM_PRESETS = ClusterResource(
    "llminferenceserviceconfigs", "LLMInferenceServiceConfig", _KSERVE, ("v1alpha2", "v1alpha1")
)
SERVING_RUNTIMES = ClusterResource("servingruntimes", "ServingRuntime", _KSERVE, ("v1alpha1",))
CLUSTER_SERVING_RUNTIMES = ClusterResource(
    "clusterservingruntimes", "ClusterServingRuntime", _KSERVE, ("v1alpha1",), is_namespaced=False
)
DEPLOYMENTS = ClusterResource("deployments", "Deployment", "apps", ("v1",))
STATEFUL_SETS = ClusterResource("statefulsets", "StatefulSet", "apps", ("v1",))
LEADER_WORKER_SETS = ClusterResource("leaderworkersets", "LeaderWorkerSet", "leaderworkerset.x-k8s.io", ("v1",))
HORIZONTAL_POD_AUTOSCALERS = ClusterResource(
    "horizontalpodautoscalers", "HorizontalPodAutoscaler", "autoscaling", ("v2",)
)
SCALED_OBJECTS = ClusterResource("scaledobjects", "ScaledObject", "keda.sh", ("v1alpha1",))
NODES = ClusterResource("nodes", "Node", "", ("v1",), is_namespaced=False)

JUDGED_RESOURCES = (
    INFERENCE_SERVICES,
    LLM_INFERENCE_SERVICES,
    SERVING_RUNTIMES,
    CLUSTER_SERVING_RUNTIMES,
    DEPLOYMENTS,
    STATEFUL_SETS,
    ClusterResource("daemonsets", "DaemonSet", "apps", ("v1",)),
    ClusterResource("replicasets", "ReplicaSet", "apps", ("v1",)),
    LEADER_WORKER_SETS,
    ClusterResource("jobs", "Job", "batch", ("v1",)),
    ClusterResource("cronjobs", "CronJob", "batch", ("v1",)),
    ClusterResource("pods", "Pod", "", ("v1",)),
    HORIZONTAL_POD_AUTOSCALERS,
    SCALED_OBJECTS,
)
"""Everything of a cluster that the rules judge."""

CONTEXT_RESOURCES = (
    LLM_PRESETS,
    ClusterResource("resourceclaims", "ResourceClaim", "resource.k8s.io", _DEVICES),
    ClusterResource("resourceclaimtemplates", "ResourceClaimTemplate", "resource.k8s.io", _DEVICES),
    ClusterResource("deviceclasses", "DeviceClass", "resource.k8s.io", _DEVICES, is_namespaced=False),
    NODES,
)
"""What is known beside them, but not judged; ConfigMaps are read one by one, where an object names them."""

CONFIGURATION_MAPS = ClusterResource("configmaps", "ConfigMap", "", ("v1",))

_KEPT_METADATA = (
    "name",
    "namespace",
    "uid",
    "labels",
    "annotations",
    "generation",
    "deletionTimestamp",
    "ownerReferences",
)
_KEPT_FIELDS = ("spec", "data")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def kept_object(resource: ClusterResource, version: str, body: Mapping[str, Any]) -> ManifestObject | None:
    """Return what the rules may need of an object: no status but a node's capacity, no bookkeeping of other tools.

    Returns:
        None when the body has no name, which no stored object lacks.
    """
    metadata = body.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        return None
    kept_metadata = {field: metadata[field] for field in _KEPT_METADATA if field in metadata}
    annotations = kept_metadata.get("annotations")
    if isinstance(annotations, Mapping):
        kept_metadata["annotations"] = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
    api_version = resource.api_version(version)
    kept: dict[str, Any] = {"apiVersion": api_version, "kind": resource.kind, "metadata": kept_metadata}
    kept.update({field: body[field] for field in _KEPT_FIELDS if field in body})
    status = body.get("status")
    if resource.kind == "Node" and isinstance(status, Mapping):
        kept["status"] = {field: status[field] for field in ("capacity", "allocatable") if field in status}
    namespace = metadata.get("namespace")
    return ManifestObject(
        api_version=api_version,
        kind=resource.kind,
        namespace=namespace if isinstance(namespace, str) else "",
        name=metadata["name"],
        body=kept,
    )


def bears_on_rules(manifest: ManifestObject) -> bool:
    """Whether an object is worth keeping: most Deployments run no engine, and KEDA keeps autoscalers of its own."""
    try:
        if is_pod_object(manifest):
            return bool(read_workloads(manifest))
        return manifest.kind not in AUTOSCALER_KINDS or bool(read_autoscalers(manifest))
    except InvalidInputError:
        return not is_pod_object(manifest)
