"""What one object occupies: its pods, what each of them reserves, and on which accelerators it can land."""

from dataclasses import dataclass
from fractions import Fraction

from neuroscale.cost.resources.serving_facts import ServingFacts
from neuroscale.cost.resources.span import Span
from neuroscale.hardware.accelerator import Accelerator

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class AcceleratorUse:
    """Accelerators of one kind of resource that each pod holds.

    Attributes:
        resource_name: What the pod asks for, e.g. "nvidia.com/gpu", or the class of claimed devices; "" where the
            claims do not tell.
        kinds: What it can get; empty where that is not known, or where the units are no whole accelerators.
        count: Units per pod; None where the claims do not state whole devices.
    """

    resource_name: str
    kinds: tuple[Accelerator, ...]
    count: Fraction | None

    @property
    def name(self) -> str:
        """What to call them: the kind, the few possible kinds, or the resource."""
        if 0 < len(self.kinds) <= _MOST_NAMES:
            return " or ".join(kind.name for kind in self.kinds)
        if self.kinds:
            return f"{self.resource_name} (one of {len(self.kinds)} kinds)"
        return self.resource_name or "claimed devices"


@dataclass(frozen=True, slots=True)
class PartFootprint:
    """The equal pods of one part of an object.

    Attributes:
        part: "predictor", "worker", "prefill", "transformer", "leader", "pod", ...
        pods: How many there are.
        processor_cores: CPU cores reserved for each pod.
        memory_bytes: Host memory reserved for each pod.
        disk_bytes: Persistent storage claimed for each pod.
        accelerators: Accelerators that each pod holds.
        serving: The engine and its model; None where no engine is known to run.
        doubts: What is uncertain, one sentence each.
        is_complete: Whether all that the pods ask for is known.
    """

    part: str
    pods: Span
    processor_cores: Fraction
    memory_bytes: Fraction
    disk_bytes: Fraction
    accelerators: tuple[AcceleratorUse, ...] = ()
    serving: ServingFacts | None = None
    doubts: tuple[str, ...] = ()
    is_complete: bool = True


@dataclass(frozen=True, slots=True, order=True)
class ObjectIdentity:
    """What makes an object the same one before and after a change."""

    kind: str
    namespace: str
    name: str
    api_group: str

    @property
    def title(self) -> str:
        """The object as a person would say it: "Kind namespace/name"."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one object occupies.

    Attributes:
        identity: Which object.
        owner: Its label `owner`; "" without one.
        cost_center: Its label `cost-center`; "" without one.
        parts: Its pods, part by part.
    """

    identity: ObjectIdentity
    owner: str
    cost_center: str
    parts: tuple[PartFootprint, ...]
