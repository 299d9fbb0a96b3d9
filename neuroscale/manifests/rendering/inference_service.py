"""The InferenceService of an endpoint (KServe, Standard deployment mode)."""

import math
from collections.abc import Mapping

from neuroscale.architecture.profile import PROFILE_ANNOTATION, SIGNATURE_ANNOTATION, write_profile
from neuroscale.architecture.storage_uri import is_mounted
from neuroscale.manifests.rendering.request import EndpointRequest, EngineDeployment

HTTP_PORT = 8080
MODEL_DIRECTORY = "/mnt/models"
SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - a mount point inside the container, not a file of ours
_PROBE_PERIOD_SECONDS = 10
# Loading and compiling take more processors than serving does.
_PROCESSOR_HEADROOM = 2
_GIBIBYTE = 1 << 30


def render_inference_service(
    request: EndpointRequest, engine: EngineDeployment, architecture_labels: Mapping[str, str]
) -> dict[str, object]:
    """Return the InferenceService: a self-contained predictor whose engine, version and flags stand on the object.

    A custom predictor is used rather than a ServingRuntime, so that everything a rule needs (image tag, flags,
    resources) can be judged from the object alone. KServe downloads what STORAGE_URI names to /mnt/models, or
    mounts it there.
    """
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": request.name,
            "labels": {
                "owner": request.owner_label,
                "cost-center": request.cost_center,
                "environment": request.environment,
                "backstage.io/kubernetes-id": request.name,
                **architecture_labels,
            },
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                # The ScaledObject beside this file scales the Deployment; a second autoscaler would fight it.
                "serving.kserve.io/autoscalerClass": "external",
                **_profile_annotations(request),
            },
        },
        "spec": {
            "predictor": {
                "minReplicas": engine.minimum_replicas,
                "maxReplicas": engine.maximum_replicas,
                "nodeSelector": dict(engine.accelerator.node_labels[:1]),
                "containers": [_container(request, engine)],
                "volumes": [
                    {
                        "name": "shared-memory",
                        "emptyDir": {"medium": "Memory", "sizeLimit": _gibibytes(engine.shared_memory_bytes)},
                    },
                ],
            },
        },
    }


def _profile_annotations(request: EndpointRequest) -> dict[str, str]:
    annotations = {PROFILE_ANNOTATION: write_profile(request.profile)}
    if request.profile_signature is not None:
        annotations[SIGNATURE_ANNOTATION] = request.profile_signature
    return annotations


def _container(request: EndpointRequest, engine: EngineDeployment) -> dict[str, object]:
    devices = {engine.accelerator.resource_name: engine.accelerators_per_pod}
    memory = _gibibytes(engine.host_memory_bytes)
    processors = 2 + 2 * engine.accelerators_per_pod
    health = {"httpGet": {"path": "/health", "port": HTTP_PORT}, "periodSeconds": _PROBE_PERIOD_SECONDS}
    return {
        "name": "kserve-container",
        "image": engine.image,
        "command": ["vllm", "serve"],
        "args": [
            MODEL_DIRECTORY,
            f"--served-model-name={request.name}",
            f"--port={HTTP_PORT}",
            *engine.arguments,
        ],
        "env": [{"name": "STORAGE_URI", "value": request.weights_uri}],
        "ports": [{"name": "http1", "containerPort": HTTP_PORT, "protocol": "TCP"}],
        "resources": {
            "requests": {
                "cpu": str(processors),
                "memory": memory,
                **_disk(request, engine),
                **devices,
            },
            # KServe adds `cpu: "1"` where no limit stands, and the Deployment is then refused: request over limit.
            "limits": {"cpu": str(_PROCESSOR_HEADROOM * processors), "memory": memory, **devices},
        },
        # The engine answers only after the weights are loaded; a liveness probe must not count that time.
        "startupProbe": {
            **health,
            "failureThreshold": math.ceil(engine.load_seconds / _PROBE_PERIOD_SECONDS),
            "timeoutSeconds": 5,
        },
        "readinessProbe": {**health, "failureThreshold": 3, "timeoutSeconds": 5},
        "livenessProbe": {**health, "failureThreshold": 6, "timeoutSeconds": 10},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "shared-memory", "mountPath": SHARED_MEMORY_PATH}],
    }


def _disk(request: EndpointRequest, engine: EngineDeployment) -> dict[str, str]:
    """Return the claim to the node's disk, to which weights are downloaded; without it the pod is evicted first."""
    if is_mounted(request.weights_uri):
        return {}
    return {"ephemeral-storage": _gibibytes(engine.checkpoint_bytes)}


def _gibibytes(amount_bytes: int) -> str:
    return f"{math.ceil(amount_bytes / _GIBIBYTE)}Gi"
