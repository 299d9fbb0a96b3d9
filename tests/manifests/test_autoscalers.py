"""Autoscalers of every kind become a target and the signals they follow."""

import pytest

from neuroscale.manifests.autoscaling import AUTOSCALER_KINDS, read_autoscalers
from tests.manifests.fixture_files import load

AUTOSCALERS = {each.name: each for each in load("autoscalers.yaml")}
SERVICES = {each.name: each for each in load("isvc-autoscaling.yaml")}
LLM_SERVICES = {each.name: each for each in load("llm-scaling.yaml")}


def test_version_1_follows_the_cpu() -> None:
    (autoscaler,) = read_autoscalers(AUTOSCALERS["one"])
    assert (autoscaler.target_kind, autoscaler.target_name) == ("Deployment", "mixtral-predictor")
    assert (autoscaler.minimum_replicas, autoscaler.maximum_replicas) == (1, 4)
    (signal,) = autoscaler.signals
    assert (signal.source, signal.name) == ("resource", "cpu")
    assert signal.path == ("spec", "targetCPUUtilizationPercentage")


def test_version_2_follows_each_of_its_metrics() -> None:
    (autoscaler,) = read_autoscalers(AUTOSCALERS["two"])
    assert autoscaler.target_api_version == "serving.kserve.io/v1beta1"
    assert autoscaler.target_path == ("spec", "scaleTargetRef")
    assert [(signal.source, signal.name, signal.query) for signal in autoscaler.signals] == [
        ("resource", "memory", ""),
        ("resource", "cpu", ""),
        ("pods", "vllm_num_requests_waiting", ""),
        ("external", "DCGM_FI_DEV_GPU_UTIL", "namespace=team-a,tier in (a, b)"),
        ("object", "requests", ""),
    ]
    assert autoscaler.signals[3].path == ("spec", "metrics", 3)


def test_without_metrics_the_api_servers_default_is_the_cpu() -> None:
    (autoscaler,) = read_autoscalers(AUTOSCALERS["bare"])
    assert [(signal.source, signal.name) for signal in autoscaler.signals] == [("resource", "cpu")]


def test_a_scaled_object_follows_its_triggers() -> None:
    (autoscaler,) = read_autoscalers(AUTOSCALERS["queue"])
    assert (autoscaler.target_kind, autoscaler.target_name) == ("Deployment", "mixtral-predictor")
    assert (autoscaler.minimum_replicas, autoscaler.maximum_replicas) == (1, 8)
    assert [(signal.source, signal.name, signal.query) for signal in autoscaler.signals] == [
        ("prometheus", "prometheus", 'sum(vllm:num_requests_waiting{namespace="team-a"})'),
        ("resource", "cpu", ""),
        ("metrics-api", "metrics-api", "queue.depth"),
        ("external", "tokens", "sum(tokens)"),
    ]


def test_a_kind_of_the_same_name_in_another_group_is_no_autoscaler() -> None:
    assert AUTOSCALERS["other-group"].kind in AUTOSCALER_KINDS
    assert read_autoscalers(AUTOSCALERS["other-group"]) == ()


def test_kserves_default_follows_the_cpu_where_it_can_scale() -> None:
    (autoscaler,) = read_autoscalers(SERVICES["standard-default"])
    assert (autoscaler.target_kind, autoscaler.target_name) == ("Deployment", "standard-default-predictor")
    (signal,) = autoscaler.signals
    assert (signal.source, signal.name, signal.path) == ("resource", "cpu", ("spec", "predictor", "maxReplicas"))


@pytest.mark.parametrize("name", ["standard-fixed", "mode-unknown", "external"])
def test_no_autoscaler_is_claimed_where_kserve_makes_none_or_may_make_none(name: str) -> None:
    assert read_autoscalers(SERVICES[name]) == ()


def test_a_metric_asked_for_by_name_counts_in_every_mode() -> None:
    (autoscaler,) = read_autoscalers(SERVICES["cpu-by-name"])
    assert autoscaler.signals[0].path == ("spec", "predictor", "scaleMetric")


def test_the_keda_class_follows_the_metrics_of_the_service() -> None:
    (autoscaler,) = read_autoscalers(SERVICES["keda"])
    assert autoscaler.target_name == "keda-blue-predictor"
    assert [(signal.source, signal.name, signal.query) for signal in autoscaler.signals] == [
        ("prometheus", "prometheus", "vllm:num_requests_running"),
        ("resource", "memory", ""),
        ("external", "vllm:num_requests_waiting", "vllm_num_requests_waiting"),
    ]


def test_knative_follows_requests() -> None:
    (autoscaler,) = read_autoscalers(SERVICES["knative"])
    assert [(signal.source, signal.name) for signal in autoscaler.signals] == [("knative", "concurrency")]


def test_an_llm_service_scales_its_main_and_its_prefill_workload() -> None:
    main, prefill = read_autoscalers(LLM_SERVICES["scaled"])
    assert (main.target_kind, main.target_name) == ("Deployment", "scaled-kserve")
    assert (prefill.target_kind, prefill.target_name) == ("LeaderWorkerSet", "scaled-kserve-mn-prefill")
    assert [signal.source for signal in (*main.signals, *prefill.signals)] == ["prometheus", "external"]
    assert {signal.name for signal in (*main.signals, *prefill.signals)} == {"wva_desired_replicas"}


def test_an_llm_service_may_carry_triggers_of_its_own() -> None:
    (autoscaler,) = read_autoscalers(LLM_SERVICES["direct"])
    assert autoscaler.signals[0].query == "vllm:num_requests_waiting"
    assert autoscaler.signals[0].path == ("spec", "scaling", "keda", "triggers", 0)


def test_a_trigger_tells_its_threshold_and_what_lost_metrics_count_as() -> None:
    (autoscaler,) = read_autoscalers(AUTOSCALERS["queue"])
    signal = autoscaler.signals[0]
    assert signal.threshold == 5
    assert signal.threshold_path == ("spec", "triggers", 0, "metadata", "threshold")
    assert signal.query_path == ("spec", "triggers", 0, "metadata", "query")
    assert signal.target_type == "AverageValue"
    assert signal.reads_lost_as_zero


def test_without_a_window_five_minutes_pass_before_replicas_are_removed() -> None:
    (autoscaler,) = read_autoscalers(AUTOSCALERS["queue"])
    assert (autoscaler.scale_down_window_seconds, autoscaler.idle_seconds) == (300, 300)
    assert not autoscaler.scales_to_zero
