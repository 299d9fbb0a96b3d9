"""What the nodes of a cluster offer to a planner: whole accelerators, and how many of them one pod can get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from neuroscale.errors import InvalidInputError, NoPlanError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerators_for_labels
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.quantity import parse_quantity

_NVIDIA, _AMD = "nvidia.com/gpu", "amd.com/gpu"
_PRODUCT_LABELS = {_NVIDIA: "nvidia.com/gpu.product", _AMD: "amd.com/gpu.product-name"}
_COUNT_LABELS = (
    "nvidia.com/gpu.count",
    "karpenter.k8s.aws/instance-gpu-count",
    "eks.amazonaws.com/instance-gpu-count",
)
_MIG_PREFIX, _SHARED_RESOURCE = "nvidia.com/mig-", "nvidia.com/gpu.shared"
_PARTITION_LABEL = "cloud.google.com/gke-gpu-partition-size"
_SHARING_LABEL = "cloud.google.com/gke-gpu-sharing-strategy"
_REPLICAS_LABEL = "nvidia.com/gpu.replicas"
_MOST_NODES_NAMED = 3
_MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class UnusableNodes:
    """Nodes whose accelerators no plan can use, and why."""

    names: tuple[str, ...]
    reason: str

    @property
    def sentence(self) -> str:
        """The nodes and the reason, in one line."""
        named = ", ".join(self.names[:_MOST_NODES_NAMED])
        more = len(self.names) - _MOST_NODES_NAMED
        subject = f"{'node' if len(self.names) == 1 else 'nodes'} {named}{f' and {more} more' if more > 0 else ''}"
        return f"{subject}: {self.reason}"


@dataclass(frozen=True, slots=True)
class NodeSupply:
    """What nodes offer.

    Attributes:
        accelerators: One of each kind, with the most that any node has as `accelerators_per_node`, the least memory
            that any of them reports, and the labels by which these nodes are selected.
        unusable: The nodes that have accelerators and offer none that a plan can use.
    """

    accelerators: tuple[Accelerator, ...]
    unusable: tuple[UnusableNodes, ...]


@dataclass(frozen=True, slots=True)
class _Offer:
    accelerator: Accelerator
    count: int
    labels: Mapping[str, str]


def read_node_supply(nodes: Sequence[ManifestObject]) -> NodeSupply:
    """Return what Node objects offer; nodes without accelerators are passed over.

    The devices of a node are those that its status states as allocatable. A Node without a status, such as one made
    of labels alone, has as many as its labels say, else as many as nodes of that kind commonly hold.

    Raises:
        InvalidInputError: None of the objects is a Node.
    """
    if not any(node.kind == "Node" for node in nodes):
        raise InvalidInputError(
            "holds no Node", field="nodes", fix="give Node objects, as kubectl get nodes -o yaml prints them"
        )
    offers: dict[str, list[_Offer]] = {}
    unusable: dict[str, list[str]] = {}
    for node in nodes:
        if node.kind != "Node":
            continue
        found = _offer(node)
        if isinstance(found, _Offer):
            offers.setdefault(found.accelerator.name, []).append(found)
        elif found is not None:
            unusable.setdefault(found, []).append(node.name or "without a name")
    return NodeSupply(
        accelerators=tuple(_accelerator_of(offers[name]) for name in sorted(offers)),
        unusable=tuple(UnusableNodes(tuple(sorted(names)), reason) for reason, names in sorted(unusable.items())),
    )


def usable_accelerators(supply: NodeSupply) -> tuple[Accelerator, ...]:
    """Return the accelerators on offer.

    Raises:
        NoPlanError: There are none; the message says why.
    """
    if supply.accelerators:
        return supply.accelerators
    reasons = "; ".join(nodes.sentence for nodes in supply.unusable) or "no node has accelerators"
    raise NoPlanError(
        f"the nodes offer no accelerator that a plan can use: {reasons}",
        field="nodes",
        fix="offer nodes with whole accelerators, or name the kinds that can be added",
    )


def node_of_labels(name: str, labels: Mapping[str, str]) -> ManifestObject:
    """Return a Node of which nothing but the labels is known."""
    return ManifestObject("v1", "Node", "", name, {"metadata": {"name": name, "labels": dict(labels)}})


def _offer(node: ManifestObject) -> _Offer | str | None:
    """Return what a node offers, why it offers nothing that can be used, or None where it has no accelerators."""
    labels, allocatable = node.labels, _allocatable(node)
    obstacle = _obstacle(labels, allocatable or {})
    known = accelerators_for_labels(labels)
    if obstacle is None and known:
        # Where the labels leave the kind open, what fits the lesser of them fits either.
        accelerator = min(known, key=lambda each: (each.memory_bytes, each.name))
        count = _count(accelerator, labels, allocatable)
        if count < 1:
            obstacle = f"no {accelerator.resource_name} is allocatable, though the labels name {accelerator.name}"
        elif _is_cordoned(node):
            obstacle = "cordoned: no pod is scheduled there"
        else:
            return _Offer(accelerator, count, labels)
    if obstacle is None and any((allocatable or {}).get(name, 0) > 0 for name in _PRODUCT_LABELS):
        obstacle = _unknown_kind(labels)
    return obstacle


def _allocatable(node: ManifestObject) -> Mapping[str, int] | None:
    """Return the whole numbers of the node's resources; None where its status states none."""
    status = node.body.get("status")
    if not isinstance(status, Mapping):
        return None
    resources = status.get("allocatable", status.get("capacity"))
    if not isinstance(resources, Mapping):
        return None
    amounts = {str(name): parse_quantity(value) for name, value in resources.items()}
    return {name: int(amount) for name, amount in amounts.items() if amount is not None}


def _obstacle(labels: Mapping[str, str], allocatable: Mapping[str, int]) -> str | None:
    product = labels.get(_PRODUCT_LABELS[_NVIDIA], "")
    has_mig = any(name.startswith(_MIG_PREFIX) and amount > 0 for name, amount in allocatable.items())
    if has_mig or _PARTITION_LABEL in labels or "-MIG-" in product:
        return "the accelerators are cut into MIG instances; ranks of one engine cannot span them"
    if (
        (_number(labels, _REPLICAS_LABEL) or 1) > 1
        or allocatable.get(_SHARED_RESOURCE, 0) > 0
        or _SHARING_LABEL in labels
        or product.endswith("-SHARED")
    ):
        return "the accelerators are shared among pods, so that their memory is not the engine's alone"
    return None


def _count(accelerator: Accelerator, labels: Mapping[str, str], allocatable: Mapping[str, int] | None) -> int:
    if allocatable is not None:
        return allocatable.get(accelerator.resource_name, 0)
    stated = (_number(labels, label) for label in _COUNT_LABELS)
    return next((count for count in stated if count is not None), accelerator.accelerators_per_node)


def _number(labels: Mapping[str, str], label: str) -> int | None:
    """Return the number in a label; None where it states none."""
    text = labels.get(label, "")
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _is_cordoned(node: ManifestObject) -> bool:
    spec = node.body.get("spec")
    return isinstance(spec, Mapping) and spec.get("unschedulable") is True


def _unknown_kind(labels: Mapping[str, str]) -> str:
    products = [labels[label] for label in _PRODUCT_LABELS.values() if label in labels]
    if products:
        return f"no accelerator is known as {products[0][:60]}"
    return "no label says what kind of accelerator it has"


def _accelerator_of(offers: Sequence[_Offer]) -> Accelerator:
    accelerator = offers[0].accelerator
    most = max(offer.count for offer in offers)
    largest = [offer.labels for offer in offers if offer.count == most]
    selecting: tuple[tuple[str, str], ...] = ()
    for nodes in ([offer.labels for offer in offers], largest, largest[:1]):
        selecting = tuple(
            (label, value)
            for label, value in accelerator.node_labels
            if all(labels.get(label) == value for labels in nodes)
        )
        if selecting:
            break
    return replace(
        accelerator,
        memory_bytes=min(offer.accelerator.memory_bytes for offer in offers),
        accelerators_per_node=most,
        node_labels=selecting or accelerator.node_labels,
    )
