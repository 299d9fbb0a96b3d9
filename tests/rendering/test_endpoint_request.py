"""What a request may say: everything Kubernetes would refuse later is refused here, naming the field."""

from dataclasses import replace
from typing import Any

import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.rendering.request import LONGEST_NAME, EndpointRequest


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("name", "Gemma", "name"),
        ("name", "1gemma", "name"),
        ("name", "gemma-", "name"),
        ("name", "g" * (LONGEST_NAME + 1), "name"),
        ("name", "", "name"),
        ("namespace", "team_a", "namespace"),
        ("owner", "group:default/équipe", "owner"),
        ("owner", "", "owner"),
        ("cost_center", "", "costCenter"),
        ("cost_center", "c" * 64, "costCenter"),
        ("cost_center", "cc 1", "costCenter"),
        ("environment", "prod", "environment"),
        ("prometheus_address", "prometheus:9090", "prometheus"),
    ],
)
def test_a_value_that_kubernetes_cannot_hold_is_refused_with_its_field(
    request_for_gemma: EndpointRequest, field: str, value: str, named: str
) -> None:
    changed: dict[str, Any] = {field: value}
    with pytest.raises(InvalidInputError) as refusal:
        replace(request_for_gemma, **changed)
    assert refusal.value.field == named
    assert refusal.value.fix


def test_a_revision_that_kserve_cannot_download_is_refused(request_for_gemma: EndpointRequest) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        replace(request_for_gemma, profile=replace(request_for_gemma.profile, revision="refs/pr/1"))
    assert refusal.value.field == "revision"


@pytest.mark.parametrize(
    ("repository", "revision", "storage_uri", "weights"),
    [
        ("acme/llama", None, None, "hf://acme/llama"),
        ("acme/llama", "4c1b2d3", None, "hf://acme/llama:4c1b2d3"),
        ("acme/llama", "refs/pr/1", "pvc://models/llama", "pvc://models/llama"),
        ("acme/llama", "4c1b2d3", "s3://mirror/acme/llama/", "s3://mirror/acme/llama"),
        ("s3://models/llama/8b", None, None, "s3://models/llama/8b"),
        ("gs://models/llama", None, None, "gs://models/llama"),
        (
            "https://acct1.blob.core.windows.net/models/llama",
            None,
            None,
            "https://acct1.blob.core.windows.net/models/llama",
        ),
        ("pvc://models", None, None, "pvc://models"),
        ("oci://registry.example.com:5000/llama@sha256:0a1b", None, None, None),
        (
            "oci://registry.example.com:5000/acme/llama:v1",
            None,
            None,
            "oci://registry.example.com:5000/acme/llama:v1",
        ),
    ],
)
def test_the_weights_are_taken_from_where_the_model_is(
    request_for_gemma: EndpointRequest,
    repository: str,
    revision: str | None,
    storage_uri: str | None,
    weights: str | None,
) -> None:
    profile = replace(request_for_gemma.profile, repository=repository, revision=revision)
    request = replace(request_for_gemma, profile=profile, storage_uri=storage_uri)
    assert request.weights_uri == (weights or repository)


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("models/llama", "is no storage URI"),
        ("s3://", "is no storage URI"),
        ("s3://models/a b", "is no storage URI"),
        ("s3://models/../other", "leads upwards"),
        ("s3://key:secret@models/llama", "carries a credential"),
        ("az://models/llama", "names no account"),
        ("https://models.example.com/llama", "is one file for KServe, and a model is several"),
        ("http://models.example.com/llama", "is no source that KServe serves a model from"),
        ("file:///mnt/models", "is no source that KServe serves a model from"),
        ("pvc://My_Claim/llama", "'My_Claim' can be no claim's name"),
        ("hf://acme", "names no repository"),
    ],
)
def test_what_kserve_takes_no_model_from_is_refused(
    request_for_gemma: EndpointRequest, uri: str, problem: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        replace(request_for_gemma, storage_uri=uri)
    assert (refusal.value.field, refusal.value.message) == ("storageUri", problem)
    assert refusal.value.fix
    assert "secret" not in str(refusal.value)


def test_the_longest_name_leaves_room_for_what_kserve_appends(request_for_gemma: EndpointRequest) -> None:
    longest = replace(request_for_gemma, name="g" * LONGEST_NAME)
    assert len(f"isvc.{longest.name}-predictor") == 63


@pytest.mark.parametrize(
    ("owner", "label"),
    [
        ("search", "search"),
        ("group:default/search", "search"),
        ("group:search", "search"),
        ("team/search", "search"),
    ],
)
def test_an_entity_reference_becomes_a_label_value(
    request_for_gemma: EndpointRequest, owner: str, label: str
) -> None:
    assert replace(request_for_gemma, owner=owner).owner_label == label
