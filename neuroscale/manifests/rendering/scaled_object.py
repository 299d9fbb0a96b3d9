"""The KEDA ScaledObject of an endpoint: replicas follow the engine's queue and latency, never utilisation."""

from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint_pods import EndpointPods
from neuroscale.manifests.rendering.queries import TIME_TO_FIRST_TOKEN, quantile, waiting_requests
from neuroscale.manifests.rendering.request import EndpointRequest


def render_scaled_object(
    request: EndpointRequest, engine: EngineDeployment, pods: EndpointPods
) -> dict[str, object]:
    """Return the ScaledObject, whose target is what KServe creates for the serving object.

    Queue depth is a sum that KEDA divides by the replicas (AverageValue); a latency is the same on every replica
    and must be compared as it is (Value). Of an LLMInferenceService, whose own `scaling` needs the Workload Variant
    Autoscaler up to KServe 0.20, the target is scaled directly: KServe keeps the replicas of its Deployment or
    LeaderWorkerSet where the object names none, and the replicas of a LeaderWorkerSet are whole groups.

    There is no `fallback`: the HorizontalPodAutoscaler keeps the replicas while a metric is an error, and a number
    in its place would be too small under load.
    """
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": request.name,
            "labels": {"owner": request.owner_label, "cost-center": request.cost_center},
        },
        "spec": {
            "scaleTargetRef": {
                "apiVersion": pods.scaled_api_version,
                "kind": pods.scaled_kind,
                "name": pods.scaled_name,
            },
            "minReplicaCount": engine.minimum_replicas,
            "maxReplicaCount": engine.maximum_replicas,
            "pollingInterval": 15,
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {
                        # A replica that is dropped too early costs a whole load of the weights to get back.
                        "scaleDown": {"stabilizationWindowSeconds": engine.stabilization_seconds},
                    },
                },
            },
            "triggers": [
                _trigger(
                    request,
                    "queue-depth",
                    "AverageValue",
                    waiting_requests(request),
                    str(engine.waiting_requests_per_replica),
                ),
                _trigger(
                    request,
                    "time-to-first-token",
                    "Value",
                    quantile(request, TIME_TO_FIRST_TOKEN),
                    f"{engine.time_to_first_token_seconds:g}",
                ),
            ],
        },
    }


def _trigger(
    request: EndpointRequest, name: str, metric_type: str, query: str, threshold: str
) -> dict[str, object]:
    return {
        "type": "prometheus",
        "name": name,
        "metricType": metric_type,
        "metadata": {
            "serverAddress": request.prometheus_address,
            "query": query,
            "threshold": threshold,
            # Metrics that nobody scrapes must be an error that holds the replicas, not an empty queue.
            "ignoreNullValues": "false",
        },
    }
