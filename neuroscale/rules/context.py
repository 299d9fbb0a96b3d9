"""The objects around the ones under judgement, indexed once so that each look-up is short."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerators_for_labels
from neuroscale.manifests.autoscaling import AUTOSCALER_KINDS
from neuroscale.manifests.object import ManifestObject


@dataclass(frozen=True, slots=True)
class OfferingNodes:
    """Nodes that offer a resource by the same accelerators.

    Attributes:
        accelerators: What the nodes' labels name; empty where they do not tell.
        labels: The labels of each node.
    """

    accelerators: tuple[Accelerator, ...]
    labels: tuple[Mapping[str, str], ...]

    def has_node_with(self, allowed: Mapping[str, Sequence[str]]) -> bool:
        """Whether one of the nodes has each of these labels with one of its values."""
        return any(all(labels.get(label) in values for label, values in allowed.items()) for labels in self.labels)


class IndexedContext(Sequence[ManifestObject]):
    """A sequence of objects that also knows them by kind and namespace.

    A caller that judges many times against the same objects builds one and hands it over as `ClusterFacts.context`;
    the judgement then never walks over objects it does not need.
    """

    __slots__ = ("_by_kind", "_nodes", "_objects", "_scaling")

    def __init__(self, objects: Iterable[ManifestObject]) -> None:
        self._objects = tuple(objects)
        by_kind: dict[str, dict[str, list[ManifestObject]]] = {}
        for manifest in self._objects:
            namespaces = by_kind.setdefault(manifest.kind, {})
            namespaces.setdefault(manifest.namespace, []).append(manifest)
        self._by_kind = {
            kind: {namespace: tuple(manifests) for namespace, manifests in namespaces.items()}
            for kind, namespaces in by_kind.items()
        }
        self._nodes: dict[str, tuple[OfferingNodes, ...]] = {}
        self._scaling: dict[str, list[ManifestObject]] | None = None

    @overload
    def __getitem__(self, index: int) -> ManifestObject: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[ManifestObject]: ...

    def __getitem__(self, index: int | slice) -> ManifestObject | Sequence[ManifestObject]:
        """Return by position, as a tuple does."""
        return self._objects[index]

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self._objects)

    def of_kinds(self, kinds: Iterable[str], namespace: str | None = None) -> Iterator[ManifestObject]:
        """Yield the objects of some kinds: of one namespace, or of all when it is None.

        Objects without a namespace are yielded for every namespace: they are cluster-wide, or were written without
        one and take the namespace they are applied to. Likewise the namespace "" asks for every namespace.
        """
        for kind in kinds:
            namespaces = self._by_kind.get(kind, {})
            for name in (namespace, "") if namespace else tuple(namespaces):
                yield from namespaces.get(name, ())

    def autoscalers_of(self, target: str) -> Sequence[ManifestObject]:
        """Return the autoscalers, of any namespace, whose target has this name; found once for all targets."""
        if self._scaling is None:
            self._scaling = {}
            for manifest in self.of_kinds(AUTOSCALER_KINDS):
                self._scaling.setdefault(_target_name(manifest), []).append(manifest)
        return self._scaling.get(target, ())

    def nodes_offering(self, resource_name: str) -> tuple[OfferingNodes, ...]:
        """Return the nodes whose allocatable resources hold any of a resource; worked out once per resource."""
        if resource_name not in self._nodes:
            groups: dict[tuple[tuple[str, int], ...], tuple[tuple[Accelerator, ...], list[Mapping[str, str]]]] = {}
            for node in self.of_kinds(("Node",)):
                if not _offers(node, resource_name):
                    continue
                accelerators = tuple(
                    accelerator
                    for accelerator in accelerators_for_labels(node.labels)
                    if accelerator.resource_name == resource_name
                )
                key = tuple((accelerator.name, accelerator.memory_bytes) for accelerator in accelerators)
                groups.setdefault(key, (accelerators, []))[1].append(node.labels)
            self._nodes[resource_name] = tuple(
                OfferingNodes(accelerators, tuple(labels)) for accelerators, labels in groups.values()
            )
        return self._nodes[resource_name]


def _target_name(manifest: ManifestObject) -> str:
    spec = manifest.body.get("spec")
    target = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
    name = target.get("name") if isinstance(target, Mapping) else None
    return name if isinstance(name, str) else ""


def _offers(node: ManifestObject, resource_name: str) -> bool:
    status = node.body.get("status")
    if not isinstance(status, Mapping):
        return False
    resources = status.get("allocatable", status.get("capacity"))
    amount = resources.get(resource_name) if isinstance(resources, Mapping) else None
    return amount not in (None, 0, "0")


def index_context(context: Sequence[ManifestObject]) -> IndexedContext:
    """Return the context itself when it is indexed already, else an index over it."""
    return context if isinstance(context, IndexedContext) else IndexedContext(context)
