"""Equal pods of one object: what each of them is, and how many there are."""

from dataclasses import dataclass
from fractions import Fraction

from neuroscale.cost.resources.span import Span
from neuroscale.manifests.container import Container
from neuroscale.manifests.pod import Pod
from neuroscale.rules.subject import Deployment


@dataclass(frozen=True, slots=True)
class PodGroup:
    """The pods of one part of an object.

    Attributes:
        part: "predictor", "worker", "prefill", "transformer", "leader", "pod", ... : which part of the object.
        pod: One of the pods as it runs, as far as it is known.
        pods: How many there are.
        engine: The container that runs the engine; None where no known engine runs in it.
        deployment: What is known of the engine and its model; None where no known engine runs in it.
        disk_bytes: Persistent storage that is claimed for each pod.
        doubts: What is uncertain, one sentence each.
        is_complete: Whether all that the pods ask for is known.
    """

    part: str
    pod: Pod
    pods: Span
    engine: Container | None = None
    deployment: Deployment | None = None
    disk_bytes: Fraction = Fraction(0)
    doubts: tuple[str, ...] = ()
    is_complete: bool = True
