"""The InferenceService of an endpoint (KServe, Standard deployment mode)."""

from collections.abc import Mapping

from neuroscale.engines.vllm_options import option_tables
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint_pods import PORT_NAME, endpoint_pods
from neuroscale.manifests.rendering.engine_pod import (
    ENDPOINT_REMOVAL_SECONDS,
    PROBE_PERIOD_SECONDS,
    container_resources,
    memory_volume,
    owner_labels,
    profile_annotations,
    spread_over_nodes,
    startup_failures,
    termination_seconds,
)
from neuroscale.manifests.rendering.request import EndpointRequest

HTTP_PORT = 8080
MODEL_DIRECTORY = "/mnt/models"
SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - a mount point inside the container, not a file of ours
_SHARED_MEMORY_VOLUME = "shared-memory"
_DRAIN_OPTION = "--shutdown-timeout"


def render_inference_service(
    request: EndpointRequest, engine: EngineDeployment, architecture_labels: Mapping[str, str]
) -> dict[str, object]:
    """Return the InferenceService: a self-contained predictor whose engine, version and flags stand on the object.

    A custom predictor is used rather than a ServingRuntime, so that everything a rule needs (image tag, flags,
    resources) can be judged from the object alone. KServe downloads what STORAGE_URI names to /mnt/models, or
    mounts it there.

    The deadline of a rollout is no field of an InferenceService: it is the 600 seconds of Kubernetes, after which a
    Deployment is reported as not progressing while its pods go on loading.
    """
    pods = endpoint_pods(request.name, "inference-service", 1)
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": request.name,
            "labels": owner_labels(request, architecture_labels),
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                # The ScaledObject beside this file scales the Deployment; a second autoscaler would fight it.
                "serving.kserve.io/autoscalerClass": "external",
                **profile_annotations(request),
            },
        },
        "spec": {
            "predictor": {
                "minReplicas": engine.minimum_replicas,
                "maxReplicas": engine.maximum_replicas,
                # A pod beyond the replicas would wait for accelerators that nobody has, and the rollout with it.
                "deploymentStrategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
                },
                "terminationGracePeriodSeconds": termination_seconds(engine),
                "nodeSelector": dict(engine.accelerator.node_labels[:1]),
                **_spread(engine, pods.labels),
                "containers": [_container(request, engine)],
                "volumes": [memory_volume(_SHARED_MEMORY_VOLUME, engine.shared_memory_bytes)],
            },
        },
    }


def _spread(engine: EngineDeployment, labels: Mapping[str, str]) -> dict[str, object]:
    return {"topologySpreadConstraints": spread_over_nodes(labels)} if engine.maximum_replicas > 1 else {}


def _container(request: EndpointRequest, engine: EngineDeployment) -> dict[str, object]:
    health = {"httpGet": {"path": "/health", "port": HTTP_PORT}, "periodSeconds": PROBE_PERIOD_SECONDS}
    return {
        "name": "kserve-container",
        "image": engine.image,
        "command": ["vllm", "serve"],
        "args": [
            MODEL_DIRECTORY,
            f"--served-model-name={request.name}",
            f"--port={HTTP_PORT}",
            *engine.arguments,
            *_drain_argument(engine),
        ],
        "env": [{"name": "STORAGE_URI", "value": request.weights_uri}],
        "ports": [{"name": PORT_NAME, "containerPort": HTTP_PORT, "protocol": "TCP"}],
        "resources": container_resources(request, engine),
        # The engine answers only after the weights are loaded; a liveness probe must not count that time.
        "startupProbe": {**health, "failureThreshold": startup_failures(engine), "timeoutSeconds": 5},
        "readinessProbe": {**health, "failureThreshold": 3, "timeoutSeconds": 5},
        "livenessProbe": {**health, "failureThreshold": 6, "timeoutSeconds": 10},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(ENDPOINT_REMOVAL_SECONDS)]}}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": _SHARED_MEMORY_VOLUME, "mountPath": SHARED_MEMORY_PATH}],
    }


def _drain_argument(engine: EngineDeployment) -> tuple[str, ...]:
    """Return how long the engine lets requests end when it is told to stop; older ones drop them at once."""
    has_option = option_tables(engine.engine_version).tables[0].by_spelling.get(_DRAIN_OPTION) is not None
    return (f"{_DRAIN_OPTION}={engine.drain_seconds}",) if has_option else ()
