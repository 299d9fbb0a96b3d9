"""Which autoscaler is judged beside which, and what the patches of the autoscaling rules write."""

from collections.abc import Mapping
from typing import Any

import pytest

from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding, patch_as_json
from tests.rules.objects import endpoint, engine_findings

EXTERNAL = {"serving.kserve.io/autoscalerClass": "external"}
QWEN = "--model=Qwen/Qwen3-32B"


def service(version: str = "v0.33.0", *arguments: str) -> ManifestObject:
    """Return an endpoint that leaves scaling to others."""
    image = f"vllm/vllm-openai:{version}"
    return endpoint([QWEN, *arguments], image=image, accelerators=1, name="qwen", annotations=EXTERNAL)


def scaled_object(
    query: str, *, name: str = "scaler", namespace: str = "", trigger: Mapping[str, Any] | None = None, **spec: Any
) -> ManifestObject:
    """Return a ScaledObject of the endpoint that follows a query."""
    metadata = {"serverAddress": "http://prometheus:9090", "query": query, "threshold": "5"}
    described = {"type": "prometheus", **(trigger or {}), "metadata": {**metadata, "ignoreNullValues": "false"}}
    return manifest_from_mapping({
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"name": "qwen-predictor"},
            "minReplicaCount": 1,
            "maxReplicaCount": 4,
            "triggers": [described],
            **spec,
        },
    })  # fmt: skip


def found(rule: str, scaler: ManifestObject, *context: ManifestObject) -> list[Finding]:
    """Return what one rule says about an autoscaler."""
    return [finding for finding in engine_findings(scaler, context=context) if finding.rule == rule]


@pytest.mark.parametrize(
    ("query", "written"),
    [
        (
            'avg(vllm:gpu_cache_usage_perc{model_name="qwen"})',
            'avg(vllm:kv_cache_usage_perc{model_name="qwen"})',
        ),
        (
            "histogram_quantile(0.9, sum by (le) (rate(vllm:time_per_output_token_seconds_bucket[2m])))",
            "histogram_quantile(0.9, sum by (le) (rate(vllm:inter_token_latency_seconds_bucket[2m])))",
        ),
        ("sum(vllm_num_requests_waiting)", "sum(vllm:num_requests_waiting)"),
    ],
)
def test_a_patch_puts_the_successor_in_the_place_of_the_name(query: str, written: str) -> None:
    (finding,) = found("NS403", scaled_object(query), service())
    assert patch_as_json(finding.patch) == [
        {"op": "replace", "path": "/spec/triggers/0/metadata/query", "value": written}
    ]


def test_a_name_that_stands_twice_is_left_to_its_author() -> None:
    query = "sum(vllm:gpu_cache_usage_perc) / count(vllm:gpu_cache_usage_perc)"
    findings = found("NS403", scaled_object(query), service())
    assert [finding.patch for finding in findings] == [()]


def test_a_patch_writes_a_percentage_as_a_fraction() -> None:
    scaler = scaled_object("max(vllm:kv_cache_usage_perc)")
    (finding,) = found("NS408", scaler, service())
    assert patch_as_json(finding.patch)[0]["value"] == "0.05"


def test_a_patch_sums_a_bare_queue() -> None:
    (finding,) = found("NS411", scaled_object('vllm:num_requests_waiting{model_name="qwen"}'), service())
    assert patch_as_json(finding.patch)[0]["value"] == 'sum(vllm:num_requests_waiting{model_name="qwen"})'


def test_a_formula_of_keda_has_thresholds_of_its_own() -> None:
    formula: dict[str, Any] = {"advanced": {"scalingModifiers": {"formula": "kv * 100", "target": "80"}}}
    scaler = scaled_object("max(vllm:kv_cache_usage_perc)", trigger={"name": "kv"}, **formula)
    assert found("NS408", scaler, service()) == []


def test_an_autoscaler_in_another_namespace_is_no_rival() -> None:
    query = "sum(vllm:num_requests_waiting)"
    mine, other = scaled_object(query, namespace="mine"), scaled_object(query, name="other", namespace="elsewhere")
    assert found("NS405", mine, service(), other) == []


def test_the_autoscaler_that_keda_makes_is_no_rival_of_its_scaled_object() -> None:
    made = manifest_from_mapping({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": "keda-hpa-scaler",
            "ownerReferences": [
                {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "scaler", "uid": "1"}
            ],
        },
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "qwen-predictor"}},
    })  # fmt: skip
    assert found("NS405", scaled_object("sum(vllm:num_requests_waiting)"), service(), made) == []


def test_its_own_stored_copy_is_no_rival() -> None:
    query = "sum(vllm:num_requests_waiting)"
    assert found("NS405", scaled_object(query), service(), scaled_object(query)) == []


@pytest.mark.parametrize("arguments", [["$(EXTRA)"], ["--config", "/etc/engine.yaml"]])
def test_what_a_variable_or_a_file_may_add_is_not_missed(arguments: list[str]) -> None:
    query = "sum(rate(vllm:estimated_flops_per_gpu_total[1m]))"
    assert found("NS403", scaled_object(query), service("v0.33.0", *arguments)) == []


@pytest.mark.parametrize("query", ["sum(", "{{ .Values.query }}", "(" * 900 + "a" + ")" * 900, ""])
def test_what_is_no_query_is_passed_over(query: str) -> None:
    assert engine_findings(scaled_object(query), context=[service()]) == ()
