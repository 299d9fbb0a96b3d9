"""What the engine's pods have in common, whichever object KServe makes them from."""

import math
from collections.abc import Mapping

from neuroscale.architecture.profile import PROFILE_ANNOTATION, SIGNATURE_ANNOTATION, write_profile
from neuroscale.architecture.storage_uri import is_mounted
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.request import EndpointRequest

PROBE_PERIOD_SECONDS = 10

# How long a pod that is stopped may still get requests, until every proxy has heard of it; as in KServe's presets.
ENDPOINT_REMOVAL_SECONDS = 15
# What remains between the engine's last answer and the kubelet's SIGKILL, as in KServe's presets.
_EXIT_SECONDS = 5
# Loading and compiling take more processors than serving does.
_PROCESSOR_HEADROOM = 2
_GIBIBYTE = 1 << 30


def owner_labels(request: EndpointRequest, architecture_labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels that say whose the endpoint is and what it serves."""
    return {
        "owner": request.owner_label,
        "cost-center": request.cost_center,
        "environment": request.environment,
        "backstage.io/kubernetes-id": request.name,
        **architecture_labels,
    }


def profile_annotations(request: EndpointRequest) -> dict[str, str]:
    """Return the facts of the model, and their signature where there is one."""
    annotations = {PROFILE_ANNOTATION: write_profile(request.profile)}
    if request.profile_signature is not None:
        annotations[SIGNATURE_ANNOTATION] = request.profile_signature
    return annotations


def container_resources(request: EndpointRequest, engine: EngineDeployment) -> dict[str, object]:
    """Return requests and limits of the engine's container."""
    devices = {engine.accelerator.resource_name: engine.accelerators_per_pod}
    memory = gibibytes(engine.host_memory_bytes)
    processors = 2 + 2 * engine.accelerators_per_pod
    return {
        "requests": {"cpu": str(processors), "memory": memory, **_disk(request, engine), **devices},
        # KServe adds `cpu: "1"` where no limit stands, and the Deployment is then refused: request over limit.
        "limits": {"cpu": str(_PROCESSOR_HEADROOM * processors), "memory": memory, **devices},
    }


def startup_failures(engine: EngineDeployment) -> int:
    """Return after how many failed probes an engine that loads is given up: liveness must not count that time."""
    return math.ceil(engine.load_seconds / PROBE_PERIOD_SECONDS)


def termination_seconds(engine: EngineDeployment) -> int:
    """Return the grace period of a pod: proxies hear of its end, requests in flight end, the engine exits."""
    return ENDPOINT_REMOVAL_SECONDS + engine.drain_seconds + _EXIT_SECONDS


def memory_volume(name: str, size_bytes: int) -> dict[str, object]:
    """Return a volume in memory, for /dev/shm."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": gibibytes(size_bytes)}}


def spread_over_nodes(labels: Mapping[str, str]) -> list[dict[str, object]]:
    """Return hints that keep replicas apart, so that no one node or zone takes all of them down.

    Hints, because accelerators are scarce: a replica beside another serves more than one that waits for a node.
    """
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(labels)},
        }
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]


def gibibytes(amount_bytes: int) -> str:
    """Return an amount as a quantity of whole gibibytes, rounded up."""
    return f"{math.ceil(amount_bytes / _GIBIBYTE)}Gi"


def _disk(request: EndpointRequest, engine: EngineDeployment) -> dict[str, str]:
    """Return the claim to the node's disk, to which weights are downloaded; without it the pod is evicted first."""
    if is_mounted(request.weights_uri):
        return {}
    return {"ephemeral-storage": gibibytes(engine.checkpoint_bytes)}
