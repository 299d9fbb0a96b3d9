"""The rendered files: what each must say for KServe, KEDA, kustomize and Backstage to do the right thing."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from neuroscale.architecture.profile import PROFILE_ANNOTATION, SIGNATURE_ANNOTATION, read_profile
from neuroscale.manifests.autoscaling import read_autoscalers
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.manifests.rendering.endpoint import render_endpoint
from neuroscale.manifests.rendering.request import EndpointRequest, EngineDeployment
from neuroscale.manifests.serving import read_workloads
from neuroscale.manifests.targets import serving_object_of

POD_MONITOR = Path(__file__).parents[2] / "deploy" / "monitoring" / "pod-monitor.yaml"
LABELS = {"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"}


@pytest.fixture
def files(request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment) -> dict[str, Any]:
    """The parsed files by path."""
    rendered = render_endpoint(request_for_gemma, two_accelerators, LABELS)
    return {file.path: yaml.safe_load(file.content) for file in rendered}


def test_an_endpoint_is_four_files(files: dict[str, Any]) -> None:
    assert list(files) == [
        "inference-service.yaml",
        "scaled-object.yaml",
        "kustomization.yaml",
        "catalog-info.yaml",
    ]


def test_the_inference_service_carries_ownership_architecture_and_profile(
    files: dict[str, Any], request_for_gemma: EndpointRequest
) -> None:
    metadata = files["inference-service.yaml"]["metadata"]
    assert metadata["labels"].items() >= {"owner": "search", "cost-center": "cc-1234", **LABELS}.items()
    assert read_profile(metadata["annotations"][PROFILE_ANNOTATION]) == request_for_gemma.profile
    assert metadata["annotations"][SIGNATURE_ANNOTATION] == "c2lnbmF0dXJl"


def test_the_reader_reads_back_what_was_rendered(files: dict[str, Any], two_accelerators: EngineDeployment) -> None:
    (workload,) = read_workloads(manifest_from_mapping(files["inference-service.yaml"]), ())
    assert workload.settings is not None
    assert workload.settings.engine == "vllm"
    assert str(workload.settings.version) == "0.33.0"
    assert workload.settings.tensor_parallel_size == 2
    assert workload.settings.maximum_model_length_tokens == 32768
    assert workload.settings.problems == ()
    assert workload.model is not None
    assert workload.model.repository == "google/gemma-4-26B-A4B"
    assert workload.accelerators is not None
    assert workload.accelerators.count == 2
    assert workload.node_labels == dict(two_accelerators.accelerator.node_labels[:1])
    assert workload.unjudgeable == ()


def test_the_revision_that_was_judged_is_the_one_that_is_downloaded(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    pinned = replace(request_for_gemma, profile=replace(request_for_gemma.profile, revision="4c1b2d3"))
    service = yaml.safe_load(render_endpoint(pinned, two_accelerators, LABELS)[0].content)
    (workload,) = read_workloads(manifest_from_mapping(service), ())
    assert workload.model is not None
    assert workload.model.text == "hf://google/gemma-4-26B-A4B:4c1b2d3"
    assert workload.model.repository == "google/gemma-4-26B-A4B"


@pytest.mark.parametrize("uri", ["s3://models/llama", "pvc://models/llama"])
def test_a_stored_model_is_read_back_where_it_is_stored(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment, uri: str
) -> None:
    stored = replace(request_for_gemma, profile=replace(request_for_gemma.profile, repository=uri))
    service = yaml.safe_load(render_endpoint(stored, two_accelerators, LABELS)[0].content)
    (workload,) = read_workloads(manifest_from_mapping(service), ())
    assert workload.model is not None
    assert workload.model.text == uri
    assert workload.model.repository is None
    assert read_profile(service["metadata"]["annotations"][PROFILE_ANNOTATION]) == stored.profile


def test_what_is_mounted_claims_no_disk(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    mounted = replace(request_for_gemma, storage_uri="pvc://models/llama")
    service = yaml.safe_load(render_endpoint(mounted, two_accelerators, LABELS)[0].content)
    (container,) = service["spec"]["predictor"]["containers"]
    assert "ephemeral-storage" not in container["resources"]["requests"]


def test_the_autoscaler_targets_the_deployment_that_kserve_creates(files: dict[str, Any]) -> None:
    service = manifest_from_mapping(files["inference-service.yaml"])
    (autoscaler,) = read_autoscalers(manifest_from_mapping(files["scaled-object.yaml"]))
    assert (autoscaler.target_kind, autoscaler.target_name) == ("Deployment", "gemma-predictor")
    assert serving_object_of(autoscaler, [service]) is service


def test_replicas_follow_queue_depth_and_latency(files: dict[str, Any]) -> None:
    queue, latency = files["scaled-object.yaml"]["spec"]["triggers"]
    assert "vllm:num_requests_waiting" in queue["metadata"]["query"]
    assert queue["metricType"] == "AverageValue"
    assert "vllm:time_to_first_token_seconds_bucket" in latency["metadata"]["query"]
    assert latency["metricType"] == "Value"
    for trigger in (queue, latency):
        assert 'model_name="gemma",namespace="team-a"' in trigger["metadata"]["query"]


def test_probes_and_the_window_before_scaling_down_outlast_the_load(
    files: dict[str, Any], two_accelerators: EngineDeployment
) -> None:
    container = files["inference-service.yaml"]["spec"]["predictor"]["containers"][0]
    startup = container["startupProbe"]
    assert startup["failureThreshold"] * startup["periodSeconds"] >= two_accelerators.load_seconds
    behavior = files["scaled-object.yaml"]["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    window = behavior["scaleDown"]["stabilizationWindowSeconds"]
    assert math.ceil(two_accelerators.load_seconds) <= window <= 3600


def test_the_shipped_monitor_scrapes_the_port_that_the_engine_answers_on(files: dict[str, Any]) -> None:
    monitor = yaml.safe_load(POD_MONITOR.read_text(encoding="utf-8"))
    container = files["inference-service.yaml"]["spec"]["predictor"]["containers"][0]
    scraped = [endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]]
    assert scraped == [port["name"] for port in container["ports"]]
    assert monitor["spec"]["namespaceSelector"] == {"any": True}


def test_the_metrics_are_asked_for_where_the_request_says(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    address = "https://metrics.example:9090"
    elsewhere = replace(request_for_gemma, prometheus_address=address)
    files = {file.path: file.content for file in render_endpoint(elsewhere, two_accelerators, LABELS)}
    triggers = yaml.safe_load(files["scaled-object.yaml"])["spec"]["triggers"]
    assert {trigger["metadata"]["serverAddress"] for trigger in triggers} == {address}


def test_lost_metrics_are_an_error_and_not_an_empty_queue(files: dict[str, Any]) -> None:
    queue, _ = files["scaled-object.yaml"]["spec"]["triggers"]
    assert queue["metadata"]["ignoreNullValues"] == "false"


def test_no_request_exceeds_a_limit_that_kserve_would_add(files: dict[str, Any]) -> None:
    resources = files["inference-service.yaml"]["spec"]["predictor"]["containers"][0]["resources"]
    # KServe adds limits of processors and memory only; a disk without a limit stays without.
    assert set(resources["limits"]) == set(resources["requests"]) - {"ephemeral-storage"}
    assert int(resources["limits"]["cpu"]) >= int(resources["requests"]["cpu"])


def test_kustomize_applies_the_cluster_objects_only(files: dict[str, Any]) -> None:
    kustomization = files["kustomization.yaml"]
    assert kustomization["resources"] == ["inference-service.yaml", "scaled-object.yaml"]
    assert kustomization["namespace"] == "team-a"


def test_the_catalogue_entity_belongs_to_the_owner_as_the_portal_names_it(files: dict[str, Any]) -> None:
    entity = files["catalog-info.yaml"]
    assert entity["spec"]["owner"] == "group:default/search"
    assert entity["spec"]["lifecycle"] == "production"


def test_the_disk_that_the_weights_take_is_asked_for(
    files: dict[str, Any], two_accelerators: EngineDeployment
) -> None:
    container = files["inference-service.yaml"]["spec"]["predictor"]["containers"][0]
    asked = parse_quantity(container["resources"]["requests"]["ephemeral-storage"])
    assert asked is not None
    assert asked >= two_accelerators.checkpoint_bytes
