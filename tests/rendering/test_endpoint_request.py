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
