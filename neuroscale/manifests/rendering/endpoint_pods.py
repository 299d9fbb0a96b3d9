"""What KServe makes of an endpoint's serving object: the pods' labels, and what an autoscaler scales.

Sources: KServe v0.20.0, `pkg/constants` and `pkg/controller/v1beta1/inferenceservice/reconcilers`; for the
LLMInferenceService v0.17.0 to v0.20.0, `pkg/controller/v1alpha2/llmisvc/workload_single_node.go` and
`workload_multi_node.go`; LeaderWorkerSet v0.9.0, `api/leaderworkerset/v1` (the label of every pod).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from neuroscale.manifests.created_names import child_name, predictor_name
from neuroscale.manifests.rendering.request import EndpointKind

# The engine's port has the same name in both kinds, so that one monitor can scrape both.
PORT_NAME = "http1"


@dataclass(frozen=True, slots=True)
class EndpointPods:
    """What is created for one endpoint.

    Attributes:
        labels: Labels of every pod, by which nothing else of the namespace is selected.
        serving_labels: Labels of the pods that answer requests and export metrics: of a group, its leader alone.
        scaled_api_version: API version of what an autoscaler scales.
        scaled_kind: A Deployment, or a LeaderWorkerSet, whose replicas are whole groups.
        scaled_name: Its name.
    """

    labels: Mapping[str, str]
    serving_labels: Mapping[str, str]
    scaled_api_version: str
    scaled_kind: str
    scaled_name: str


def endpoint_pods(name: str, kind: EndpointKind, pods_per_replica: int) -> EndpointPods:
    """Return what KServe creates for an endpoint of that name."""
    if kind == "inference-service":
        labels = {"serving.kserve.io/inferenceservice": name, "component": "predictor"}
        return EndpointPods(labels, labels, "apps/v1", "Deployment", predictor_name(name))
    serving_labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "llminferenceservice",
        "kserve.io/component": "workload",
    }
    if pods_per_replica == 1:
        return EndpointPods(serving_labels, serving_labels, "apps/v1", "Deployment", child_name(name, "-kserve"))
    group_name = child_name(name, "-kserve-mn")
    return EndpointPods(
        {"leaderworkerset.sigs.k8s.io/name": group_name},
        serving_labels,
        "leaderworkerset.x-k8s.io/v1",
        "LeaderWorkerSet",
        group_name,
    )
