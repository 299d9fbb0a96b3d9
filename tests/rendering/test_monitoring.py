"""What an endpoint brings for Prometheus: scraping, and percentiles under names that stay."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from packaging.version import Version

from neuroscale.engines.metrics import exported_metrics
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.prometheus_query import read_prometheus_query
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.monitoring import Monitoring, read_monitoring_labels
from neuroscale.manifests.rendering.request import EndpointKind, EndpointRequest
from neuroscale.planning.engine_choice import NEWEST_ENGINE_VERSION, OLDEST_ENGINE_VERSION
from tests.rendering.endpoints import rendered

PLATFORM_MONITORS = Path(__file__).parents[2] / "deploy" / "monitoring" / "pod-monitor.yaml"


def records_of(request: EndpointRequest, engine: EngineDeployment) -> dict[str, str]:
    """Return the recorded expressions by name."""
    (group,) = rendered(request, engine)["prometheus-rule.yaml"]["spec"]["groups"]
    return {rule["record"]: rule["expr"] for rule in group["rules"]}


def container_of(files: dict[str, Any]) -> dict[str, Any]:
    """Return the engine's container of either kind of serving object."""
    if "inference-service.yaml" in files:
        pod = files["inference-service.yaml"]["spec"]["predictor"]
    else:
        pod = files["llm-inference-service.yaml"]["spec"]["template"]
    container: dict[str, Any] = pod["containers"][0]
    return container


def test_queue_depth_and_percentiles_are_recorded_under_names_that_stay(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    assert set(records_of(request_for_gemma, two_accelerators)) == {
        "neuroscale:waiting_requests:sum",
        "neuroscale:time_to_first_token_seconds:p95",
        "neuroscale:inter_token_latency_seconds:p95",
        "neuroscale:request_latency_seconds:p95",
    }


@pytest.mark.parametrize("version", [str(OLDEST_ENGINE_VERSION), "0.12.0", "0.15.1", str(NEWEST_ENGINE_VERSION)])
def test_every_release_is_asked_for_what_it_exports(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment, version: str
) -> None:
    engine = replace(two_accelerators, engine_version=Version(version))
    exported = exported_metrics("vllm", engine.engine_version)
    assert exported is not None
    records = records_of(request_for_gemma, engine)
    assert len(records) == 4
    for expression in records.values():
        query = read_prometheus_query(expression)
        assert query is not None
        for selector in query.selectors:
            metric = exported.find(selector.name)
            assert metric is not None, selector.name
            assert not metric.is_hidden


def test_every_record_is_promql_whose_answer_names_namespace_and_model(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    for expression in records_of(request_for_gemma, two_accelerators).values():
        parsed = promql_parser.parse(expression)
        kept: list[set[str]] = []

        def visit(node: promql_parser.Expr, kept: list[set[str]] = kept) -> bool:
            if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
                kept.append(set(node.modifier.labels))
            return True

        promql_parser.walk(parsed, visit)
        assert kept
        assert all({"namespace", "model_name"} <= labels for labels in kept)


def test_the_engine_is_scraped_on_the_port_it_answers_on(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment, group_of_pods: EngineDeployment
) -> None:
    for engine in (two_accelerators, group_of_pods):
        files = rendered(request_for_gemma, engine)
        (endpoint,) = files["pod-monitor.yaml"]["spec"]["podMetricsEndpoints"]
        assert [port["name"] for port in container_of(files)["ports"]] == [endpoint["port"]]


def test_of_a_group_the_leader_alone_is_scraped(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment
) -> None:
    selected = rendered(request_for_gemma, group_of_pods)["pod-monitor.yaml"]["spec"]["selector"]["matchLabels"]
    assert selected["kserve.io/component"] == "workload"
    assert selected["app.kubernetes.io/name"] == "gemma"


def test_the_shipped_monitors_scrape_every_kind_on_the_same_port(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    monitors = list(yaml.safe_load_all(PLATFORM_MONITORS.read_text(encoding="utf-8")))
    selected = [
        {each["key"] for each in monitor["spec"]["selector"].get("matchExpressions", ())}
        | set(monitor["spec"]["selector"].get("matchLabels", ()))
        for monitor in monitors
    ]
    kinds: tuple[EndpointKind, ...] = ("inference-service", "llm-inference-service")
    for kind, labels in zip(kinds, selected, strict=True):
        own = rendered(replace(request_for_gemma, kind=kind), two_accelerators)["pod-monitor.yaml"]["spec"]
        assert labels <= set(own["selector"]["matchLabels"])
    for monitor in monitors:
        assert monitor["spec"]["namespaceSelector"] == {"any": True}
        assert [endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]] == ["http1"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ("all", {"pod-monitor.yaml", "prometheus-rule.yaml"}),
        ("rules", {"prometheus-rule.yaml"}),
        ("none", set()),
    ],
)
def test_a_platform_takes_what_it_has_not_got(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment, files: Any, expected: set[str]
) -> None:
    endpoint = rendered(replace(request_for_gemma, monitoring=Monitoring(files)), two_accelerators)
    assert {"pod-monitor.yaml", "prometheus-rule.yaml"} & set(endpoint) == expected
    assert set(endpoint["kustomization.yaml"]["resources"]) == set(endpoint) - {
        "kustomization.yaml",
        "catalog-info.yaml",
    }


def test_monitor_and_rule_carry_the_labels_that_the_platforms_prometheus_selects_by(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    monitoring = Monitoring(labels=read_monitoring_labels(["release=prometheus"], "--monitoring-label"))
    endpoint = rendered(replace(request_for_gemma, monitoring=monitoring), two_accelerators)
    for path in ("pod-monitor.yaml", "prometheus-rule.yaml"):
        assert endpoint[path]["metadata"]["labels"]["release"] == "prometheus"


@pytest.mark.parametrize("written", ["release", "=x", "a b=c", "release=ä", "example.com/=x"])
def test_what_is_no_label_is_refused(written: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_monitoring_labels([written], "--monitoring-label")
    assert refusal.value.field == "--monitoring-label"
    assert refusal.value.fix
