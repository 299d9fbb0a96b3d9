"""Plain pods that run an engine are serving workloads, whatever makes them; other pods are not."""

import copy
from typing import Any

import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving import read_workloads
from neuroscale.manifests.workload import ServingWorkload
from tests.manifests.fixture_files import load, load_one

CONTAINER: dict[str, Any] = {
    "name": "vllm",
    "image": "vllm/vllm-openai:v0.33.0",
    "args": ["Qwen/Qwen3-32B", "--tensor-parallel-size=2"],
    "resources": {"limits": {"nvidia.com/gpu": "2"}},
}
POD: dict[str, Any] = {"containers": [{"name": "sidecar", "image": "busybox"}, CONTAINER]}
TEMPLATE = {"template": {"spec": POD}}


def only(manifest: ManifestObject, *context: ManifestObject) -> ServingWorkload:
    (workload,) = read_workloads(manifest, context)
    return workload


def built(api_version: str, kind: str, spec: dict[str, Any]) -> ManifestObject:
    return manifest_from_mapping({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": spec})


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "path"),
    [
        ("v1", "Pod", POD, ("spec",)),
        ("apps/v1", "Deployment", TEMPLATE, ("spec", "template", "spec")),
        ("apps/v1", "StatefulSet", TEMPLATE, ("spec", "template", "spec")),
        ("apps/v1", "DaemonSet", TEMPLATE, ("spec", "template", "spec")),
        ("apps/v1", "ReplicaSet", TEMPLATE, ("spec", "template", "spec")),
        ("batch/v1", "Job", TEMPLATE, ("spec", "template", "spec")),
    ],
)
def test_the_engine_of_every_kind_is_read(
    api_version: str, kind: str, spec: dict[str, Any], path: tuple[str, ...]
) -> None:
    workload = only(built(api_version, kind, spec))
    assert workload.settings is not None
    assert workload.settings.tensor_parallel_size == 2
    assert workload.container_path == (*path, "containers", 1)
    assert workload.option_path("--tensor-parallel-size") == (*path, "containers", 1, "args", 1)
    assert workload.model is not None
    assert workload.model.repository == "Qwen/Qwen3-32B"
    assert workload.accelerators is not None
    assert (workload.accelerators.count, workload.pods_per_replica) == (2, 1)


def test_a_cron_job_is_read_through_its_job() -> None:
    workload = only(load_one("cron-job-engine.yaml"))
    assert workload.container_path == ("spec", "jobTemplate", "spec", "template", "spec", "containers", 0)
    source = workload.manifest.source
    assert source is not None
    position = source.position((*workload.container_path, "args", 2))
    assert position is not None
    assert (position.line, position.column) == (15, 43)


@pytest.mark.parametrize("manifest", load("pods-without-an-engine.yaml"), ids=lambda manifest: manifest.name)
def test_pods_that_start_no_engine_or_are_read_elsewhere_declare_nothing(manifest: ManifestObject) -> None:
    assert read_workloads(manifest) == ()


def test_each_engine_of_a_pod_is_a_workload_with_its_own_devices() -> None:
    second = {
        **CONTAINER,
        "name": "second",
        "args": ["Qwen/Qwen3-8B"],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
    }
    first, other = read_workloads(built("v1", "Pod", {"containers": [CONTAINER, second]}))
    assert first.accelerators is not None
    assert other.accelerators is not None
    assert (first.accelerators.count, first.accelerators.visible_to_engine) == (3, 2)
    assert other.accelerators.visible_to_engine == 1


def test_nodes_that_the_engine_is_told_of_are_pods_of_one_replica() -> None:
    container = {**CONTAINER, "args": [*CONTAINER["args"], "--nnodes=4", "--node-rank=$(RANK)"]}
    assert (
        only(built("apps/v1", "StatefulSet", {"template": {"spec": {"containers": [container]}}})).pods_per_replica
        == 4
    )


def test_what_is_wrong_with_a_pod_is_said_only_where_an_engine_runs() -> None:
    broken = copy.deepcopy(POD)
    broken["containers"][0]["env"] = [{"name": "PORT", "value": 8080}]
    with pytest.raises(InvalidInputError, match="must be a string"):
        read_workloads(built("v1", "Pod", broken))
    assert read_workloads(built("v1", "Pod", {"containers": broken["containers"][:1]})) == ()


def test_what_the_api_server_adds_changes_nothing() -> None:
    defaulted = copy.deepcopy(POD)
    defaulted |= {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    for container in defaulted["containers"]:
        container |= {
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        }
        limits = container.setdefault("resources", {}).get("limits")
        if limits:
            container["resources"]["requests"] = dict(limits)
    raw = only(built("apps/v1", "Deployment", {"template": {"spec": POD}}))
    stored = only(built("apps/v1", "Deployment", {"replicas": 1, "template": {"metadata": {}, "spec": defaulted}}))
    assert (raw.settings, raw.accelerators, raw.model) == (stored.settings, stored.accelerators, stored.model)


def test_configuration_maps_at_hand_give_the_file_and_the_variables() -> None:
    workload = only(load_one("deployment-configuration-file.yaml"), *load("configuration-maps.yaml"))
    settings = workload.settings
    assert settings is not None
    assert (settings.model, settings.tensor_parallel_size) == ("Qwen/Qwen3-30B-A3B", 4)
    # The command line wins over the file.
    assert settings.maximum_model_length_tokens == 32768
    assert settings.maximum_sequences == 64
    assert settings.unresolved == ("--seed",)
    assert workload.option_path("--tensor-parallel-size") == (*workload.container_path, "args", 0)


def test_without_the_configuration_maps_nothing_of_them_is_guessed() -> None:
    settings = only(load_one("deployment-configuration-file.yaml")).settings
    assert settings is not None
    assert settings.model is None
    assert set(settings.unresolved) == {"--config", "--max-model-len", "--max-num-seqs", "--seed"}
    assert settings.may_have_variable("VLLM_ALLOW_LONG_MAX_MODEL_LEN")


def test_a_secret_after_a_configuration_map_may_overrule_it() -> None:
    source: dict[str, Any] = {"configMapRef": {"name": "chat-limits"}}
    container = {**CONTAINER, "args": ["M", "--max-num-seqs=$(SEQUENCES)"], "envFrom": [source]}
    pod = built("v1", "Pod", {"containers": [container]})
    settings = only(pod, *load("configuration-maps.yaml")).settings
    assert settings is not None
    assert settings.maximum_sequences == 64
    container["envFrom"] = [source, {"secretRef": {"name": "chat"}}]
    settings = only(built("v1", "Pod", {"containers": [container]}), *load("configuration-maps.yaml")).settings
    assert settings is not None
    assert "--max-num-seqs" in settings.unresolved


@pytest.mark.parametrize(
    ("variables", "tensor_parallel_size", "unresolved"),
    [
        ([{"name": "A", "value": "4"}, {"name": "B", "value": "$(A)"}], 4, ()),
        ([{"name": "B", "value": "$(A)"}, {"name": "A", "value": "4"}], 1, ("--tensor-parallel-size",)),
        ([{"name": "A", "value": "4"}, {"name": "B", "value": "$$(A)"}], 1, ()),
    ],
)
def test_a_variable_may_refer_to_earlier_ones(
    variables: list[dict[str, str]], tensor_parallel_size: int, unresolved: tuple[str, ...]
) -> None:
    container = {**CONTAINER, "args": ["M", "--tensor-parallel-size=$(B)"], "env": variables}
    settings = only(built("v1", "Pod", {"containers": [container]})).settings
    assert settings is not None
    assert (settings.tensor_parallel_size, settings.unresolved) == (tensor_parallel_size, unresolved)
