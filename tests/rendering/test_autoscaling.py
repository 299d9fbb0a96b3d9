"""The autoscaler of an endpoint: what it scales, what it follows, and what it does when it is told nothing."""

from dataclasses import replace

import pytest

from neuroscale.manifests.autoscaling import read_autoscalers
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.prometheus_query import read_prometheus_query
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.request import EndpointKind, EndpointRequest
from neuroscale.manifests.targets import serving_object_of
from tests.rendering.endpoints import rendered


def test_it_targets_the_deployment_that_kserve_creates(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    files = rendered(request_for_gemma, two_accelerators)
    service = manifest_from_mapping(files["inference-service.yaml"])
    (autoscaler,) = read_autoscalers(manifest_from_mapping(files["scaled-object.yaml"]))
    assert (autoscaler.target_kind, autoscaler.target_name) == ("Deployment", "gemma-predictor")
    assert serving_object_of(autoscaler, [service]) is service


def test_of_an_llm_inference_service_it_targets_the_deployment_of_the_main_pods(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    files = rendered(replace(request_for_gemma, kind="llm-inference-service"), two_accelerators)
    service = manifest_from_mapping(files["llm-inference-service.yaml"])
    (autoscaler,) = read_autoscalers(manifest_from_mapping(files["scaled-object.yaml"]))
    assert (autoscaler.target_kind, autoscaler.target_name) == ("Deployment", "gemma-kserve")
    assert serving_object_of(autoscaler, [service]) is service
    assert not {"replicas", "scaling"} & set(files["llm-inference-service.yaml"]["spec"])


def test_groups_of_pods_are_scaled_as_a_whole(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment
) -> None:
    files = rendered(request_for_gemma, group_of_pods)
    service = manifest_from_mapping(files["llm-inference-service.yaml"])
    (autoscaler,) = read_autoscalers(manifest_from_mapping(files["scaled-object.yaml"]))
    assert autoscaler.target_api_version == "leaderworkerset.x-k8s.io/v1"
    assert (autoscaler.target_kind, autoscaler.target_name) == ("LeaderWorkerSet", "gemma-kserve-mn")
    assert serving_object_of(autoscaler, [service]) is service


def test_replicas_follow_queue_depth_and_latency_at_the_plans_thresholds(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    spec = rendered(request_for_gemma, two_accelerators)["scaled-object.yaml"]["spec"]
    queue, latency = spec["triggers"]
    assert "vllm:num_requests_waiting" in queue["metadata"]["query"]
    assert (queue["metricType"], queue["metadata"]["threshold"]) == ("AverageValue", "5")
    assert "vllm:time_to_first_token_seconds_bucket" in latency["metadata"]["query"]
    assert (latency["metricType"], latency["metadata"]["threshold"]) == ("Value", "2.5")
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 4)


def test_each_query_is_one_number_about_this_endpoint_alone(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    for trigger in rendered(request_for_gemma, two_accelerators)["scaled-object.yaml"]["spec"]["triggers"]:
        query = read_prometheus_query(trigger["metadata"]["query"])
        assert query is not None
        assert query.gives_one_number is True
        for selector in query.selectors:
            assert selector.pinned_labels == {"model_name", "namespace"}
        assert trigger["metadata"]["query"].count('model_name="gemma",namespace="team-a"') == len(query.selectors)


def test_a_queue_that_two_monitors_scrape_counts_once(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    queue, _ = rendered(request_for_gemma, two_accelerators)["scaled-object.yaml"]["spec"]["triggers"]
    assert queue["metadata"]["query"].startswith("sum(max by (pod, engine) (vllm:num_requests_waiting{")


def test_lost_metrics_are_an_error_that_keeps_the_replicas(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    spec = rendered(request_for_gemma, two_accelerators)["scaled-object.yaml"]["spec"]
    for trigger in spec["triggers"]:
        assert trigger["metadata"]["ignoreNullValues"] == "false"
        # A constant would answer for metrics that nobody scrapes.
        assert "vector(" not in trigger["metadata"]["query"]
    assert "fallback" not in spec


def test_the_window_before_scaling_down_is_the_plans(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    spec = rendered(request_for_gemma, two_accelerators)["scaled-object.yaml"]["spec"]
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == two_accelerators.stabilization_seconds


@pytest.mark.parametrize("kind", ["inference-service", "llm-inference-service"])
def test_the_metrics_are_asked_for_where_the_request_says(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment, kind: EndpointKind
) -> None:
    address = "https://metrics.example:9090"
    elsewhere = replace(request_for_gemma, prometheus_address=address, kind=kind)
    triggers = rendered(elsewhere, two_accelerators)["scaled-object.yaml"]["spec"]["triggers"]
    assert {trigger["metadata"]["serverAddress"] for trigger in triggers} == {address}
