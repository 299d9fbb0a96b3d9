"""Which resources are watched, and what of them is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving import is_pod_object, read_workloads


@dataclass(frozen=True, slots=True)
class WatchedResource:
    """One resource type.

    Attributes:
        plural: Name in the API path; also its name in metrics and logs.
        kind: Kind of one object.
        group: API group, "" for the core group.
        versions: Versions to ask for, the preferred one first.
    """

    plural: str
    kind: str
    group: str
    versions: tuple[str, ...]

    def api_version(self, version: str) -> str:
        """Write the apiVersion of an object read at a version."""
        return f"{self.group}/{version}" if self.group else version

    def path(self, version: str) -> str:
        """Write the path that lists the resource in all namespaces."""
        return f"/apis/{self.group}/{version}/{self.plural}" if self.group else f"/api/{version}/{self.plural}"


_KSERVE = "serving.kserve.io"

WATCHED_RESOURCES = (
    WatchedResource("inferenceservices", "InferenceService", _KSERVE, ("v1beta1",)),
    WatchedResource("llminferenceservices", "LLMInferenceService", _KSERVE, ("v1alpha2", "v1alpha1")),
    WatchedResource("llminferenceserviceconfigs", "LLMInferenceServiceConfig", _KSERVE, ("v1alpha2", "v1alpha1")),
    WatchedResource("servingruntimes", "ServingRuntime", _KSERVE, ("v1alpha1",)),
    WatchedResource("clusterservingruntimes", "ClusterServingRuntime", _KSERVE, ("v1alpha1",)),
    WatchedResource("deployments", "Deployment", "apps", ("v1",)),
    WatchedResource("statefulsets", "StatefulSet", "apps", ("v1",)),
    WatchedResource("leaderworkersets", "LeaderWorkerSet", "leaderworkerset.x-k8s.io", ("v1",)),
    WatchedResource("nodes", "Node", "", ("v1",)),
)

_KEPT_METADATA = (
    "name",
    "namespace",
    "labels",
    "annotations",
    "generation",
    "deletionTimestamp",
    "ownerReferences",
)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def kept_object(resource: WatchedResource, version: str, body: Mapping[str, Any]) -> ManifestObject | None:
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
    if "spec" in body:
        kept["spec"] = body["spec"]
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
    """Whether an object is worth keeping: most Deployments of a cluster run no engine, and need no memory."""
    if not is_pod_object(manifest):
        return True
    try:
        return bool(read_workloads(manifest))
    except InvalidInputError:
        return False
