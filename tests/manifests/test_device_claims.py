"""Devices claimed through dynamic resource allocation are counted only where a claim at hand states them."""

from typing import Any

import pytest

from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving import read_workloads
from neuroscale.manifests.workload import AcceleratorRequest
from tests.manifests.fixture_files import load_one
from tests.rules.objects import engine_findings

PATH = ("spec", "containers", 0, "resources", "claims")
POD = load_one("pod-resource-claims.yaml")


def template(*requests: dict[str, Any], version: str = "v1", name: str = "two-gpus") -> ManifestObject:
    return manifest_from_mapping({
        "apiVersion": f"resource.k8s.io/{version}",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": name},
        "spec": {"spec": {"devices": {"requests": list(requests)}}},
    })  # fmt: skip


def request_with(*context: ManifestObject) -> AcceleratorRequest | None:
    (workload,) = read_workloads(POD, context)
    return workload.accelerators


def exactly(**fields: object) -> dict[str, Any]:
    return {"name": "gpu", "exactly": {"deviceClassName": "gpu.nvidia.com", **fields}}


@pytest.mark.parametrize(
    ("claim", "count"),
    [
        (template(exactly(count=2)), 2),
        (template(exactly()), 1),
        (template(exactly(allocationMode="ExactCount", count=4)), 4),
        (template(exactly(count=2), {**exactly(count=1), "name": "other"}), 3),
        (template({"name": "gpu", "deviceClassName": "gpu.nvidia.com", "count": 2}, version="v1beta1"), 2),
    ],
)
def test_an_exact_number_of_whole_devices_is_counted(claim: ManifestObject, count: int) -> None:
    assert request_with(claim) == AcceleratorRequest("", count, PATH, device_class="gpu.nvidia.com")


@pytest.mark.parametrize(
    "claim",
    [
        template(exactly(count=2), name="another"),
        template(exactly(allocationMode="All")),
        template(exactly(count=1, adminAccess=True)),
        template(exactly(deviceClassName="mig.nvidia.com")),
        template(exactly(), {"name": "nic", "exactly": {"deviceClassName": "dra.net"}}),
        template({"name": "gpu", "firstAvailable": [{"name": "a", "deviceClassName": "gpu.nvidia.com"}]}),
        template(exactly(count="2")),
        template(),
    ],
    ids=["not-at-hand", "all", "admin", "slice", "other-class", "alternatives", "malformed", "none"],
)
def test_anything_else_is_not_known(claim: ManifestObject) -> None:
    assert request_with(claim) == AcceleratorRequest("", None, PATH)


def test_a_container_may_use_one_request_of_a_claim() -> None:
    body: dict[str, Any] = dict(POD.body)
    container = {**body["spec"]["containers"][0], "resources": {"claims": [{"name": "gpus", "request": "gpu"}]}}
    pod = manifest_from_mapping({**body, "spec": {**body["spec"], "containers": [container]}})
    (workload,) = read_workloads(pod, (template(exactly(count=2), {**exactly(count=1), "name": "other"}),))
    assert workload.accelerators is not None
    assert workload.accelerators.count == 2


def test_a_count_of_claimed_devices_is_held_against_nobody() -> None:
    assert [each.rule for each in engine_findings(POD, context=[template(exactly(count=2))])] == []
