"""Starts, rollouts, drained nodes: an endpoint goes on answering, or comes back by itself."""

from dataclasses import replace
from typing import Any

import pytest
from packaging.version import Version

from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.request import EndpointRequest
from tests.rendering.endpoints import rendered


def predictor_of(request: EndpointRequest, engine: EngineDeployment) -> dict[str, Any]:
    """Return the predictor of the rendered InferenceService."""
    predictor: dict[str, Any] = rendered(request, engine)["inference-service.yaml"]["spec"]["predictor"]
    return predictor


def test_the_startup_probe_outlasts_the_load(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    startup = predictor_of(request_for_gemma, two_accelerators)["containers"][0]["startupProbe"]
    assert startup["failureThreshold"] * startup["periodSeconds"] >= two_accelerators.load_seconds


def test_the_startup_probe_of_a_group_is_its_leaders_and_keeps_the_presets_handler(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment
) -> None:
    spec = rendered(request_for_gemma, group_of_pods)["llm-inference-service.yaml"]["spec"]
    startup = spec["template"]["containers"][0]["startupProbe"]
    assert startup["failureThreshold"] * startup["periodSeconds"] >= group_of_pods.load_seconds
    assert set(startup) == {"failureThreshold", "periodSeconds"}
    assert "startupProbe" not in spec["worker"]["containers"][0]


@pytest.mark.parametrize("minimum_replicas", [1, 2, 20])
def test_a_drain_takes_one_pod_at_a_time_and_is_never_held_for_ever(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment, minimum_replicas: int
) -> None:
    engine = replace(two_accelerators, minimum_replicas=minimum_replicas, maximum_replicas=2 * minimum_replicas)
    spec = rendered(request_for_gemma, engine)["pod-disruption-budget.yaml"]["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert spec["selector"] == {
        "matchLabels": {"serving.kserve.io/inferenceservice": "gemma", "component": "predictor"}
    }


def test_the_budget_of_groups_counts_leaders_and_workers(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment
) -> None:
    budget = rendered(request_for_gemma, group_of_pods)["pod-disruption-budget.yaml"]
    selected = budget["spec"]["selector"]["matchLabels"]
    assert selected == {"leaderworkerset.sigs.k8s.io/name": "gemma-kserve-mn"}


def test_a_rollout_needs_no_accelerator_beyond_those_of_the_replicas(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    strategy = predictor_of(request_for_gemma, two_accelerators)["deploymentStrategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}


def test_replicas_are_kept_apart_where_nodes_allow_it(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    constraints = predictor_of(request_for_gemma, two_accelerators)["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in constraints] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert {each["whenUnsatisfiable"] for each in constraints} == {"ScheduleAnyway"}


def test_an_endpoint_that_never_has_a_second_replica_needs_no_spreading(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    single = replace(two_accelerators, minimum_replicas=1, maximum_replicas=1)
    assert "topologySpreadConstraints" not in predictor_of(request_for_gemma, single)
    llm = replace(request_for_gemma, kind="llm-inference-service")
    template = rendered(llm, single)["llm-inference-service.yaml"]["spec"]["template"]
    assert "topologySpreadConstraints" not in template


def test_the_pods_of_a_group_are_put_into_one_zone_where_nodes_allow_it(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment
) -> None:
    spec = rendered(request_for_gemma, group_of_pods)["llm-inference-service.yaml"]["spec"]
    for pod in (spec["template"], spec["worker"]):
        (preference,) = pod["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        term = preference["podAffinityTerm"]
        assert term["topologyKey"] == "topology.kubernetes.io/zone"
        assert term["matchLabelKeys"] == ["leaderworkerset.sigs.k8s.io/group-key"]


def test_requests_in_flight_end_before_the_pod_does(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    predictor = predictor_of(request_for_gemma, two_accelerators)
    (container,) = predictor["containers"]
    waited_seconds = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert f"--shutdown-timeout={two_accelerators.drain_seconds}" in container["args"]
    assert predictor["terminationGracePeriodSeconds"] > waited_seconds + two_accelerators.drain_seconds


def test_an_engine_that_cannot_wait_is_not_told_to(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    older = replace(two_accelerators, engine_version=Version("0.17.1"), image="vllm/vllm-openai:v0.17.1")
    (container,) = predictor_of(request_for_gemma, older)["containers"]
    assert not [argument for argument in container["args"] if argument.startswith("--shutdown-timeout")]


def test_the_preset_learns_from_the_grace_period_how_long_it_may_drain(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment
) -> None:
    spec = rendered(request_for_gemma, group_of_pods)["llm-inference-service.yaml"]["spec"]
    # KServe's presets take 15 seconds for a pause and 5 for the exit off it.
    expected = group_of_pods.drain_seconds + 20
    assert {spec[pod]["terminationGracePeriodSeconds"] for pod in ("template", "worker")} == {expected}
