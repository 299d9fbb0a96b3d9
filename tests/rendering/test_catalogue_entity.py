"""The catalogue entity of an endpoint: an identity of its own, and an owner that Backstage finds."""

from dataclasses import replace

import pytest

from neuroscale.manifests.rendering.catalog_info import render_catalog_info
from neuroscale.manifests.rendering.request import EndpointRequest


def test_it_has_the_namespace_of_the_endpoint(request_for_gemma: EndpointRequest) -> None:
    metadata = render_catalog_info(request_for_gemma)["metadata"]
    assert isinstance(metadata, dict)
    assert (metadata["namespace"], metadata["name"]) == ("team-a", "gemma")


@pytest.mark.parametrize(
    ("owner", "reference"),
    [
        ("search", "group:default/search"),
        ("group:search", "group:default/search"),
        ("platform/search", "group:platform/search"),
        ("user:default/jane", "user:default/jane"),
    ],
)
def test_its_owner_is_written_in_full(request_for_gemma: EndpointRequest, owner: str, reference: str) -> None:
    entity = render_catalog_info(replace(request_for_gemma, owner=owner))
    assert entity["spec"] == {"type": "model-endpoint", "lifecycle": "production", "owner": reference}
