"""Which scaling signals are utilisation alone, and for whom that is a fault."""

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from neuroscale.manifests.autoscaler import ScalingSignal
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.utilisation import utilisation_of
from tests.rules.objects import endpoint, engine_findings, rules_of

EXTERNAL = {"serving.kserve.io/autoscalerClass": "external"}
SERVICE = endpoint(["--model=Qwen/Qwen3-32B"], accelerators=1, name="qwen", annotations=EXTERNAL)


def followed(query: str, name: str = "prometheus") -> str | None:
    """Return what a Prometheus query measures."""
    return utilisation_of(ScalingSignal("prometheus", name, query, ("spec", "triggers", 0)))


@pytest.mark.parametrize(
    ("query", "measures"),
    [
        ("avg(DCGM_FI_DEV_GPU_UTIL)", "accelerator utilisation"),
        ('avg_over_time(DCGM_FI_DEV_GPU_UTIL{pod=~"qwen.*"}[5m])', "accelerator utilisation"),
        ("sum(DCGM_FI_DEV_FB_USED) / sum(DCGM_FI_DEV_FB_FREE)", "accelerator memory"),
        ("nvidia_gpu_duty_cycle", "accelerator utilisation"),
        ("sum(rate(container_cpu_usage_seconds_total[1m]))", "pod CPU"),
        ("container_memory_working_set_bytes", "pod memory"),
    ],
)
def test_a_query_of_utilisation_is_recognised(query: str, measures: str) -> None:
    assert followed(query) == measures


@pytest.mark.parametrize(
    "query",
    [
        "sum(vllm:num_requests_waiting)",
        "avg(vllm:kv_cache_usage_perc)",
        "sum(vllm:num_requests_waiting) * (avg(DCGM_FI_DEV_GPU_UTIL) > bool 50)",
        "avg(DCGM_FI_PROF_PIPE_TENSOR_ACTIVE)",
        "avg(DCGM_FI_PROF_DRAM_ACTIVE)",
        "DCGM_FI_DEV_GPU_UTIL_of_something_else",
        "my_recorded:DCGM_FI_DEV_GPU_UTIL",
        "tgi_queue_size",
        "",
    ],
)
def test_a_query_of_something_else_is_not(query: str) -> None:
    assert followed(query) is None


def test_the_name_of_an_external_metric_counts_as_its_query() -> None:
    metric = "kubernetes.io|container|accelerator|duty_cycle"
    assert utilisation_of(ScalingSignal("external", metric, "", ("spec",))) == "accelerator utilisation"


@pytest.mark.parametrize("resource", ["cpu", "memory"])
def test_resources_of_the_pod_are_utilisation(resource: str) -> None:
    assert utilisation_of(ScalingSignal("resource", resource, "", ("spec",))) is not None


def test_the_table_of_metrics_obeys_its_schema() -> None:
    folder = files("neuroscale.rules") / "data"
    schema = json.loads((folder / "utilisation_metrics.schema.json").read_text("utf-8"))
    table = json.loads((folder / "utilisation_metrics.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(table)) == []
    names = [record["name"] for record in table["metrics"]]
    assert len(names) == len(set(names))


def scaled_on_cpu(target: str, namespace: str = "", kind: str = "Deployment") -> ManifestObject:
    """Return an autoscaler on CPU."""
    return manifest_from_mapping({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "scaler", "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": target},
            "minReplicas": 1,
            "maxReplicas": 4,
        },
    })  # fmt: skip


def in_namespace(manifest: ManifestObject, namespace: str) -> ManifestObject:
    """Return the object in a namespace."""
    metadata = {**manifest.body["metadata"], "namespace": namespace}
    return manifest_from_mapping({**manifest.body, "metadata": metadata})


def test_an_autoscaler_without_metrics_follows_cpu() -> None:
    assert rules_of(engine_findings(scaled_on_cpu("qwen-predictor"), context=[SERVICE])) == [("NS402", "deny")]


def test_an_endpoint_of_that_name_in_another_namespace_is_another_endpoint() -> None:
    elsewhere = in_namespace(SERVICE, "other")
    assert engine_findings(scaled_on_cpu("qwen-predictor", "mine"), context=[elsewhere]) == ()


def test_an_endpoint_in_the_same_namespace_is_found_among_others() -> None:
    context = [in_namespace(SERVICE, "other"), in_namespace(SERVICE, "mine")]
    assert rules_of(engine_findings(scaled_on_cpu("qwen-predictor", "mine"), context=context)) == [
        ("NS402", "deny")
    ]


def test_a_deployment_that_belongs_to_no_endpoint_is_not_touched() -> None:
    assert engine_findings(scaled_on_cpu("storefront"), context=[SERVICE]) == ()


def test_an_endpoint_whose_runtime_is_not_at_hand_is_only_a_warning() -> None:
    service = manifest_from_mapping({
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "qwen", "annotations": EXTERNAL},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "vLLM"}, "runtime": "elsewhere"}}},
    })  # fmt: skip
    assert rules_of(engine_findings(scaled_on_cpu("qwen-predictor"), context=[service])) == [("NS402", "warn")]


@pytest.mark.parametrize("kind", ["InferenceService", "LLMInferenceService"])
def test_a_kind_of_that_name_in_another_group_may_well_scale(kind: str) -> None:
    scaler = scaled_on_cpu("qwen", kind=kind)
    spec = {**scaler.body["spec"]}
    spec["scaleTargetRef"] = {"apiVersion": "example.com/v1", "kind": kind, "name": "qwen"}
    assert engine_findings(manifest_from_mapping({**scaler.body, "spec": spec})) == ()


def test_the_fix_names_the_deployment_of_a_named_predictor() -> None:
    body = {**SERVICE.body, "spec": {"predictor": {**SERVICE.body["spec"]["predictor"], "name": "blue"}}}
    scaler = scaled_on_cpu("qwen", kind="InferenceService")
    spec = {**scaler.body["spec"]}
    spec["scaleTargetRef"] = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "name": "qwen"}
    findings = engine_findings(
        manifest_from_mapping({**scaler.body, "spec": spec}), context=[manifest_from_mapping(body)]
    )
    assert "qwen-blue-predictor" in next(finding.fix for finding in findings if finding.rule == "NS401")
