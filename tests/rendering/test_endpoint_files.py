"""The rendered files: what each must say for KServe, KEDA, kustomize and Backstage to do the right thing."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from neuroscale.architecture.profile import PROFILE_ANNOTATION, SIGNATURE_ANNOTATION, read_profile
from neuroscale.manifests.documents import load_manifests, manifest_from_mapping
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint import render_endpoint
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.manifests.serving import read_workloads

LABELS = {"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"}


@pytest.fixture
def files(request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment) -> dict[str, Any]:
    """The parsed files by path."""
    rendered = render_endpoint(request_for_gemma, two_accelerators, LABELS)
    return {file.path: yaml.safe_load(file.content) for file in rendered}


def test_the_files_of_an_endpoint_begin_with_what_serves_it(files: dict[str, Any]) -> None:
    assert list(files) == [
        "inference-service.yaml",
        "scaled-object.yaml",
        "pod-disruption-budget.yaml",
        "pod-monitor.yaml",
        "prometheus-rule.yaml",
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


@pytest.mark.parametrize(
    "text", ["y", "N", "on", "null", "1e3", "12e5", "1.e-2", "0o17", "0x1f", "1_0", "007", "3.10"]
)
def test_a_label_stays_text_whatever_yaml_takes_it_for(
    text: str, request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    rendered = render_endpoint(replace(request_for_gemma, cost_center=text), two_accelerators, LABELS)
    (service,) = load_manifests(rendered[0].content, rendered[0].path)
    assert service.body["metadata"]["labels"]["cost-center"] == text


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


def test_no_request_exceeds_a_limit_that_kserve_would_add(files: dict[str, Any]) -> None:
    resources = files["inference-service.yaml"]["spec"]["predictor"]["containers"][0]["resources"]
    # KServe adds limits of processors and memory only; a disk without a limit stays without.
    assert set(resources["limits"]) == set(resources["requests"]) - {"ephemeral-storage"}
    assert int(resources["limits"]["cpu"]) >= int(resources["requests"]["cpu"])


def test_kustomize_applies_the_cluster_objects_only(files: dict[str, Any]) -> None:
    kustomization = files["kustomization.yaml"]
    assert kustomization["resources"] == [
        path for path in files if path not in {"kustomization.yaml", "catalog-info.yaml"}
    ]
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
