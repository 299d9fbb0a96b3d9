"""The KEDA ScaledObject of an endpoint: replicas follow the engine's queue and latency, never utilisation."""

import math

from neuroscale.manifests.rendering.request import EndpointRequest, EngineDeployment

_SHORTEST_STABILIZATION_SECONDS = 300
_LONGEST_STABILIZATION_SECONDS = 3600  # what a HorizontalPodAutoscaler takes at most


def render_scaled_object(request: EndpointRequest, engine: EngineDeployment) -> dict[str, object]:
    """Return the ScaledObject. It targets the Deployment `<name>-predictor`, which is what KServe creates.

    Metric names: vLLM, `v1/metrics/loggers.py` of 0.15.1 to 0.33.0. Queue depth is a sum that KEDA divides by the
    replicas (AverageValue); a latency is the same on every replica and must be compared as it is (Value).
    """
    selector = f'model_name="{request.name}",namespace="{request.namespace}"'
    stabilization_seconds = max(_SHORTEST_STABILIZATION_SECONDS, 2 * math.ceil(engine.load_seconds))
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": request.name,
            "labels": {"owner": request.owner_label, "cost-center": request.cost_center},
        },
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": f"{request.name}-predictor",
            },
            "minReplicaCount": engine.minimum_replicas,
            "maxReplicaCount": engine.maximum_replicas,
            "pollingInterval": 15,
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {
                        # A replica that is dropped too early costs a whole load of the weights to get back.
                        "scaleDown": {
                            "stabilizationWindowSeconds": min(stabilization_seconds, _LONGEST_STABILIZATION_SECONDS)
                        },
                    },
                },
            },
            "triggers": [
                {
                    "type": "prometheus",
                    "name": "queue-depth",
                    "metricType": "AverageValue",
                    "metadata": {
                        "serverAddress": request.prometheus_address,
                        "query": f"sum(vllm:num_requests_waiting{{{selector}}})",
                        "threshold": str(engine.waiting_requests_per_replica),
                        # Metrics that nobody scrapes must be an error that holds the replicas, not an empty queue.
                        "ignoreNullValues": "false",
                    },
                },
                {
                    "type": "prometheus",
                    "name": "time-to-first-token",
                    "metricType": "Value",
                    "metadata": {
                        "serverAddress": request.prometheus_address,
                        # Without traffic the quantile is NaN, which must read as "no reason to scale".
                        "query": (
                            "(histogram_quantile(0.95, sum by (le) "
                            f"(rate(vllm:time_to_first_token_seconds_bucket{{{selector}}}[2m]))) > 0) or vector(0)"
                        ),
                        "threshold": f"{engine.time_to_first_token_seconds:g}",
                    },
                },
            ],
        },
    }
