"""The PodDisruptionBudget of an endpoint: drained nodes take its replicas down one after the other."""

from neuroscale.manifests.rendering.endpoint_pods import EndpointPods
from neuroscale.manifests.rendering.request import EndpointRequest


def render_pod_disruption_budget(request: EndpointRequest, pods: EndpointPods) -> dict[str, object]:
    """Return the budget: one pod may be missing, however many there are.

    `minAvailable` would hold a drain for ever where one replica runs, and has to be rewritten whenever the
    autoscaler's limits change. Of a group of pods, one that goes takes its group down, so that no pod of another
    group may go until it is back. A pod that is not ready, such as one that cannot start, never holds a drain.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": request.name,
            "labels": {"owner": request.owner_label, "cost-center": request.cost_center},
        },
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": dict(pods.labels)},
        },
    }
