"""The objects in memory, and what of them matters around an object under review."""

import time
from collections import Counter
from collections.abc import Callable, Iterable

from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.metrics import ViewMetrics
from neuroscale.cluster.audit import DEFAULT_KSERVE_NAMESPACE
from neuroscale.cluster.resources import ClusterResource
from neuroscale.manifests.object import ManifestObject

_Key = tuple[str, str]


class ClusterView:
    """The latest known objects of each watched resource.

    Informers write on the event loop; a review may read from a thread. What readers see is replaced, never changed.

    Attributes:
        resources: What is watched.
    """

    def __init__(
        self,
        metrics: ViewMetrics,
        resources: tuple[ClusterResource, ...] = WATCHED_RESOURCES,
        kserve_namespace: str = DEFAULT_KSERVE_NAMESPACE,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.resources = resources
        self._metrics = metrics
        self._kserve_namespace = kserve_namespace
        self._now = now
        self._objects: dict[str, dict[_Key, ManifestObject]] = {resource.kind: {} for resource in resources}
        self._by_namespace: dict[_Key, tuple[ManifestObject, ...]] = {}
        self._changes: Counter[str] = Counter()
        self._unsynced = {resource.plural: "not listed yet" for resource in resources}
        for resource in resources:
            metrics.view_synced.labels(resource.plural).set(0)

    def replace(self, resource: ClusterResource, objects: Iterable[ManifestObject]) -> None:
        """Take a complete list; the resource counts as synced from now on."""
        before = self._objects[resource.kind]
        after = {(manifest.namespace, manifest.name): manifest for manifest in objects}
        self._objects[resource.kind] = after
        # Grouped in one pass: a cluster may have thousands of namespaces, and the event loop waits for this.
        by_namespace: dict[str, list[ManifestObject]] = {key[0]: [] for key in before}
        for key, manifest in after.items():
            by_namespace.setdefault(key[0], []).append(manifest)
        for namespace, listed in by_namespace.items():
            self._publish(resource, namespace, listed)
        self._unsynced.pop(resource.plural, None)
        self._metrics.view_synced.labels(resource.plural).set(1)
        self.touch(resource)

    def put(self, resource: ClusterResource, manifest: ManifestObject) -> None:
        """Take an added or changed object; a change of what is not kept (a node's heartbeat) changes nothing."""
        objects, key = self._objects[resource.kind], (manifest.namespace, manifest.name)
        if key not in objects or objects[key].body != manifest.body:
            objects[key] = manifest
            self._publish_namespace(resource, manifest.namespace)
        self.touch(resource)

    def remove(self, resource: ClusterResource, manifest: ManifestObject) -> None:
        """Forget an object, if it is one of those that are known."""
        if self._objects[resource.kind].pop((manifest.namespace, manifest.name), None) is not None:
            self._publish_namespace(resource, manifest.namespace)
        self.touch(resource)

    def touch(self, resource: ClusterResource) -> None:
        """Note that the API server was heard about a resource."""
        self._metrics.view_objects.labels(resource.plural).set(len(self._objects[resource.kind]))
        self._metrics.view_last_event.labels(resource.plural).set(self._now())

    def report_trouble(self, resource: ClusterResource, reason: str) -> None:
        """Note why a resource cannot be listed; after the first list it does not matter, old facts stay facts."""
        if resource.plural in self._unsynced:
            self._unsynced[resource.plural] = reason

    def unsynced(self) -> tuple[str, ...]:
        """Resources that were never listed, each with the reason."""
        return tuple(f"cluster view: {plural}: {reason}" for plural, reason in self._unsynced.items())

    def objects(self, kind: str, namespace: str = "") -> tuple[ManifestObject, ...]:
        """Objects of a kind in a namespace, "" for cluster-scoped kinds."""
        return self._by_namespace.get((kind, namespace), ())

    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that hold objects, in order; "" first, for objects of none."""
        return tuple(sorted({namespace for (_, namespace), objects in self._by_namespace.items() if objects}))

    def generation(self, namespace: str) -> int:
        """Return a number that grows with every change of what `around` answers for a namespace."""
        return sum(self._changes[each] for each in {namespace, self._kserve_namespace, ""})

    def around(self, namespace: str) -> tuple[ManifestObject, ...]:
        """Everything that bears on a namespace: its own objects, the cluster's runtimes and presets, the nodes."""
        found: list[ManifestObject] = []
        for resource in self.resources:
            found += self.objects(resource.kind, namespace if resource.is_namespaced else "")
        if namespace != self._kserve_namespace:
            found += self.objects("LLMInferenceServiceConfig", self._kserve_namespace)
        return tuple(found)

    def _publish_namespace(self, resource: ClusterResource, namespace: str) -> None:
        objects = self._objects[resource.kind].items()
        self._publish(resource, namespace, (manifest for key, manifest in objects if key[0] == namespace))

    def _publish(self, resource: ClusterResource, namespace: str, objects: Iterable[ManifestObject]) -> None:
        self._changes[namespace] += 1
        self._by_namespace[resource.kind, namespace] = tuple(objects)
