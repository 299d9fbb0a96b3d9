"""What the scheduler reserves for a pod, as Kubernetes documents it."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroscale.cost.resources.pod_requests import PodRequests, pod_requests
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.fields import root
from neuroscale.manifests.pod import read_pod


def requests_of(**specification: Any) -> PodRequests:
    manifest = manifest_from_mapping({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": specification})
    return pod_requests(read_pod(root(manifest)["spec"]), None)


def container(name: str = "engine", restart: str | None = None, **resources: Any) -> dict[str, Any]:
    return {"name": name, "resources": resources, **({"restartPolicy": restart} if restart else {})}


def cores(**specification: Any) -> Fraction:
    return requests_of(**specification).processor_cores


def test_containers_run_beside_each_other() -> None:
    assert cores(containers=[container(requests={"cpu": "1500m"}), container(requests={"cpu": 2})]) == Fraction(
        7, 2
    )


def test_initialization_runs_one_after_another_and_before_the_rest() -> None:
    start = [container(requests={"cpu": "3"}), container(requests={"cpu": "5"})]
    assert cores(initContainers=start, containers=[container(requests={"cpu": "4"})]) == 5
    assert cores(initContainers=start, containers=[container(requests={"cpu": "6"})]) == 6


def test_sidecars_run_from_their_place_among_the_initialization_on() -> None:
    sidecar = container("proxy", restart="Always", requests={"cpu": "2"})
    start = container("download", requests={"cpu": "4"})
    engine = [container(requests={"cpu": "3"})]
    # Before the download: 2 + 4 is more than 3 + 2. After it: 4 is less.
    assert cores(initContainers=[sidecar, start], containers=engine) == 6
    assert cores(initContainers=[start, sidecar], containers=engine) == 5


@pytest.mark.parametrize(
    ("resources", "reserved"),
    [
        ({"limits": {"cpu": "4"}}, 4),
        ({"requests": {"cpu": "1"}, "limits": {"cpu": "4"}}, 1),
        ({"requests": {"cpu": "0"}, "limits": {"cpu": "4"}}, 0),
        ({}, 0),
    ],
)
def test_a_limit_is_the_request_where_none_is_written(resources: dict[str, Any], reserved: int) -> None:
    assert cores(containers=[container(**resources)]) == reserved


def test_what_asks_for_nothing_may_take_more_than_is_reserved() -> None:
    some = requests_of(containers=[container(requests={"cpu": "1"}), container(limits={"memory": "1Gi"})])
    assert (some.is_processor_open, some.is_memory_open) == (True, True)
    all_of_them = requests_of(containers=[container(requests={"cpu": "1", "memory": "1Gi"})])
    assert (all_of_them.is_processor_open, all_of_them.is_memory_open) == (False, False)


def test_what_is_written_for_the_whole_pod_wins() -> None:
    inner = [container(requests={"cpu": "2", "memory": "1Gi"})]
    assert cores(containers=inner, resources={"requests": {"cpu": "6"}}) == 6
    assert cores(containers=inner, resources={"limits": {"cpu": "6"}}) == 2
    whole = requests_of(containers=[container()], resources={"limits": {"cpu": "6", "memory": "4Gi"}})
    assert (int(whole.processor_cores), int(whole.memory_bytes)) == (6, 4 * 2**30)
    assert not whole.is_processor_open


def test_devices_are_told_apart_by_their_resource() -> None:
    found = requests_of(
        containers=[
            container(limits={"nvidia.com/gpu": "2", "rdma/ib": "1"}),
            container(limits={"nvidia.com/gpu": 1, "amd.com/gpu": 0}),
            container(limits={"nvidia.com/mig-1g.10gb": "3"}),
        ]
    )
    assert [(each.resource_name, int(each.count or 0)) for each in found.devices] == [
        ("nvidia.com/gpu", 3),
        ("nvidia.com/mig-1g.10gb", 3),
    ]


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "lots",
        "4 cores",
        "1e999",
        "9223372036854775808",
        "8Ei",
        -1,
        "-1",
        "0x10",
        [],
        {},
        True,
        "\u0661",
        "1" * 5000,
    ],
)
def test_what_is_no_quantity_is_refused_with_its_field(amount: object) -> None:
    with pytest.raises(InvalidInputError) as refused:
        requests_of(containers=[container(requests={"cpu": amount})])
    assert refused.value.field == "spec.containers[0].resources.requests.cpu"
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("amount", ["0.5", "500m", 1.5])
def test_a_part_of_a_device_is_refused(amount: object) -> None:
    with pytest.raises(InvalidInputError, match="whole number of devices"):
        requests_of(containers=[container(limits={"nvidia.com/gpu": amount})])


AMOUNTS = st.integers(min_value=0, max_value=10**6)
CONTAINERS = st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=6)


@given(running=st.lists(AMOUNTS, min_size=1, max_size=6), starting=CONTAINERS)
def test_a_pod_reserves_what_it_needs_at_every_moment_and_no_more(
    running: list[int], starting: list[tuple[int, bool]]
) -> None:
    reserved = cores(
        containers=[container(requests={"cpu": amount}) for amount in running],
        initContainers=[
            container(requests={"cpu": amount}, restart="Always" if is_sidecar else None)
            for amount, is_sidecar in starting
        ],
    )
    moments = []
    for position, (amount, _) in enumerate(starting):
        moments.append(amount + sum(other for other, is_sidecar in starting[:position] if is_sidecar))
    moments.append(sum(running) + sum(amount for amount, is_sidecar in starting if is_sidecar))
    assert reserved == max(moments)
