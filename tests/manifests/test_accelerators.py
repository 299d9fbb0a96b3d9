"""The accelerators of a pod: how many whole devices, of which resource, written where."""

from typing import Any

import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.accelerators import accelerator_request
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.fields import root
from neuroscale.manifests.pod import read_pod
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.manifests.workload import AcceleratorRequest


def request(spec: dict[str, Any]) -> AcceleratorRequest | None:
    pod = read_pod(root(manifest_from_mapping({"apiVersion": "v1", "kind": "Pod", "spec": spec}))["spec"])
    return accelerator_request(pod, pod.containers[0])


GPU = "nvidia.com/gpu"


def limits(amount: object, resource: str = GPU) -> dict[str, Any]:
    return {"containers": [{"name": "engine", "resources": {"limits": {resource: amount}}}]}


@pytest.mark.parametrize(
    ("written", "count"), [("4", 4), (4, 4), ("4k", 4000), ("4000m", 4), ("4.0", 4), ("1e1", 10)]
)
def test_an_amount_is_a_quantity(written: object, count: int) -> None:
    found = request(limits(written))
    assert found is not None
    assert found.count == count
    assert found.path == ("spec", "containers", 0, "resources", "limits", GPU)


@pytest.mark.parametrize("written", ["four", "", "500m", "-1", True, [], {}, 1.5, "1e99999", "0x4"])
def test_an_amount_that_is_no_whole_number_is_an_error_at_its_field(written: object) -> None:
    with pytest.raises(InvalidInputError, match="must be a whole number of devices") as caught:
        request(limits(written))
    assert caught.value.field == "spec.containers[0].resources.limits[nvidia.com/gpu]"


@pytest.mark.parametrize("resource", ["amd.com/gpu", "gpu.intel.com/xe", "habana.ai/gaudi", "nvidia.com/gpu"])
def test_whole_devices_of_every_vendor_are_counted(resource: str) -> None:
    assert request(limits("2", resource)) == AcceleratorRequest(
        resource, 2, ("spec", "containers", 0, "resources", "limits", resource)
    )


@pytest.mark.parametrize("resource", ["nvidia.com/mig-1g.10gb", "nvidia.com/gpu.shared", "google.com/tpu"])
def test_shares_and_units_of_several_cores_are_not_counted(resource: str) -> None:
    found = request(limits("2", resource))
    assert found is not None
    assert (found.resource_name, found.count) == (resource, None)


def test_claimed_devices_are_not_counted() -> None:
    pod = {"resourceClaims": [{"name": "gpus"}], "containers": [{"name": "engine"}]}
    assert request(pod) == AcceleratorRequest("", None, ("spec", "resourceClaims"))
    pod["containers"][0]["resources"] = {"claims": [{"name": "gpus"}]}  # type: ignore[assignment]
    assert request(pod) == AcceleratorRequest("", None, ("spec", "containers", 0, "resources", "claims"))


@pytest.mark.parametrize("amount", ["0", 0])
def test_none_asked_for_is_none(amount: object) -> None:
    assert request(limits(amount)) is None
    assert request({"containers": [{"name": "engine", "resources": {"limits": {"cpu": "4"}}}]}) is None


def test_a_request_alone_counts() -> None:
    found = request({"containers": [{"name": "engine", "resources": {"requests": {GPU: "2"}}}]})
    assert found == AcceleratorRequest(GPU, 2, ("spec", "containers", 0, "resources", "requests", GPU))


def test_the_pods_total_is_what_the_scheduler_reserves() -> None:
    def container(name: str, gpus: int, **fields: object) -> dict[str, Any]:
        return {"name": name, "resources": {"limits": {GPU: gpus}}, **fields}

    spec: dict[str, Any] = {
        "containers": [container("engine", 4), container("embedder", 1)],
        "initContainers": [container("helper", 1, restartPolicy="Always"), container("warm-up", 2)],
    }
    found = request(spec)
    assert found is not None
    assert found.count == 6
    spec["initContainers"].append(container("check", 8))
    found = request(spec)
    assert found is not None
    assert found.count == 8


@pytest.mark.parametrize(
    ("text", "value"),
    [("80Gi", 80 * 1024**3), ("1.5G", 1_500_000_000), ("2E", 2 * 10**18), (".5k", 500), ("1E3", 1000)],
)
def test_quantities_follow_the_kubernetes_grammar(text: str, value: int) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize("text", ["", "Gi", "1 Gi", "1gi", "1e", "--1", None, "\u0661"])
def test_what_is_no_quantity_is_none(text: object) -> None:
    assert parse_quantity(text) is None
