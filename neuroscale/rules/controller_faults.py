"""The faults of one kind in a serving object, each once however many pods show it."""

from collections.abc import Iterator

from neuroscale.manifests.workload import ControllerFault
from neuroscale.rules.subject import ServingObject


def faults_of(serving: ServingObject, kind: str) -> Iterator[ControllerFault]:
    """Yield the object's controller faults of a kind, in the order of its workloads."""
    every = (fault for deployment in serving.deployments for fault in deployment.workload.controller_faults)
    yield from dict.fromkeys(fault for fault in every if fault.kind == kind)
