"""The PodMonitor of an endpoint: has the platform's Prometheus scrape the engine."""

from neuroscale.manifests.rendering.endpoint_pods import PORT_NAME, EndpointPods
from neuroscale.manifests.rendering.request import EndpointRequest


def render_pod_monitor(request: EndpointRequest, pods: EndpointPods) -> dict[str, object]:
    """Return the PodMonitor; of a group of pods the leader alone answers for all ranks."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {
            "name": request.name,
            "labels": {
                "owner": request.owner_label,
                "cost-center": request.cost_center,
                **request.monitoring.labels,
            },
        },
        "spec": {
            "selector": {"matchLabels": dict(pods.serving_labels)},
            "podMetricsEndpoints": [{"port": PORT_NAME, "path": "/metrics", "interval": "15s"}],
        },
    }
