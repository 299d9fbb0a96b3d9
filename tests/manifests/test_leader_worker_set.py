"""A LeaderWorkerSet is one replica of several pods: its leader's engine, and what its workers run."""

import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import load_manifests, manifest_from_mapping
from neuroscale.manifests.serving import read_workloads
from tests.manifests.fixture_files import load_one, workloads_of
from tests.rigs.control_plane.fixtures import skip_or_fail
from tests.rigs.control_plane.toolchain import RigUnavailableError, source_directory
from tests.rules.objects import judged

GROUP = ("spec", "leaderWorkerTemplate")


def test_workers_that_join_through_ray_are_pods_of_the_leaders_replica() -> None:
    leader, worker = workloads_of("leader-worker-set-ray.yaml")
    assert leader.settings is not None
    assert leader.settings.joins_ray
    assert (leader.settings.tensor_parallel_size, leader.settings.pipeline_parallel_size) == (8, 2)
    assert leader.container_path == (*GROUP, "leaderTemplate", "spec", "containers", 0)
    assert (worker.part, worker.settings, worker.model) == ("worker", None, leader.model)
    assert worker.container_path == (*GROUP, "workerTemplate", "spec", "containers", 0)
    assert worker.node_labels == {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}
    assert (leader.pods_per_replica, worker.pods_per_replica) == (2, 2)


def test_one_template_is_the_leader_and_every_worker() -> None:
    leader, worker = workloads_of("leader-worker-set-one-template.yaml")
    assert leader.settings is not None
    assert worker.settings is not None
    assert leader.settings.options["--nnodes"] == worker.settings.options["--nnodes"] == "4"
    assert leader.settings.options["--node-rank"] == "0"
    assert worker.settings.unresolved == ("--node-rank", "--master-addr")
    assert leader.container_path == worker.container_path == (*GROUP, "workerTemplate", "spec", "containers", 0)
    assert leader.pods_per_replica == worker.pods_per_replica == 4


def test_a_group_of_one_has_no_workers() -> None:
    body = dict(load_one("leader-worker-set-one-template.yaml").body)
    template = {**body["spec"]["leaderWorkerTemplate"]}
    del template["size"]
    (leader,) = read_workloads(manifest_from_mapping({**body, "spec": {"leaderWorkerTemplate": template}}))
    assert leader.pods_per_replica == 1


@pytest.mark.parametrize("size", [0, "2"])
def test_a_size_that_is_none_is_an_error_at_its_field(size: object) -> None:
    body = dict(load_one("leader-worker-set-one-template.yaml").body)
    template = {**body["spec"]["leaderWorkerTemplate"], "size": size}
    with pytest.raises(InvalidInputError) as caught:
        read_workloads(manifest_from_mapping({**body, "spec": {"leaderWorkerTemplate": template}}))
    assert caught.value.field == "spec.leaderWorkerTemplate.size"


def test_the_projects_own_examples_are_read_and_not_denied() -> None:
    try:
        folder = source_directory("leader-worker-set") / "docs" / "examples"
    except RigUnavailableError as error:
        skip_or_fail(error)
        raise
    manifests = [
        each
        for path in sorted(folder.rglob("*.yaml"))
        for each in load_manifests(path.read_text("utf-8"), path.name)
    ]
    groups = [each for each in manifests if each.kind == "LeaderWorkerSet"]
    assert len(groups) > 8
    serving = {each.source.file if each.source else "" for each in groups if read_workloads(each)}
    assert serving
    assert [finding for each in manifests for finding in judged(each) if finding.severity.value == "deny"] == []
