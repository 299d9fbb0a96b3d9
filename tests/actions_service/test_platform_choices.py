"""What the platform team sets once, so that no developer has to say it: accelerators and metrics."""

import json

import yaml

from actions_service.action import Resources
from actions_service.actions.check_manifests import check_manifests
from actions_service.actions.plan_serving import plan_serving
from actions_service.actions.render_endpoint import render_endpoint
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.rendering.monitoring import Monitoring

PLATFORM = Resources(
    catalogue=load_catalogue(),
    accelerators=(accelerator_by_name("h200-141gb-sxm"),),
    prometheus_address="http://thanos.observability.svc:9090",
    monitoring=Monitoring("rules", {"release": "prometheus"}),
    kserve_version="0.19.0",
)
QUESTION = {"model": "google/gemma-4-26B-A4B", "contextLength": 8192}
ENDPOINT = QUESTION | {"name": "chat", "owner": "search", "costCenter": "cc-1", "environment": "staging"}


def test_a_plan_takes_only_what_the_platform_offers() -> None:
    answer = plan_serving(QUESTION, PLATFORM)
    assert {plan["accelerator"] for plan in [answer["plan"], *answer["alternatives"]]} == {"h200-141gb-sxm"}


def test_an_input_may_name_another_kind() -> None:
    answer = plan_serving(QUESTION | {"accelerators": ["h100-80gb-sxm"]}, PLATFORM)
    assert answer["plan"]["accelerator"] == "h100-80gb-sxm"


def test_autoscalers_ask_the_platforms_prometheus() -> None:
    files = {file["path"]: file["content"] for file in render_endpoint(ENDPOINT, PLATFORM)["files"]}
    triggers = yaml.safe_load(files["scaled-object.yaml"])["spec"]["triggers"]
    assert {trigger["metadata"]["serverAddress"] for trigger in triggers} == {
        "http://thanos.observability.svc:9090"
    }
    assert "prometheus-operated" not in json.dumps(files)


def test_endpoints_bring_what_the_platforms_prometheus_has_not_got() -> None:
    files = {file["path"]: file["content"] for file in render_endpoint(ENDPOINT, PLATFORM)["files"]}
    assert "pod-monitor.yaml" not in files
    assert yaml.safe_load(files["prometheus-rule.yaml"])["metadata"]["labels"]["release"] == "prometheus"


def test_endpoints_are_written_for_the_platforms_release_of_kserve() -> None:
    question = ENDPOINT | {"kind": "llm-inference-service", "accelerators": ["l40s"]}
    files = {file["path"]: file["content"] for file in render_endpoint(question, PLATFORM)["files"]}
    spec = yaml.safe_load(files["llm-inference-service.yaml"])["spec"]
    assert "parallelism" not in spec


def test_manifests_are_judged_by_the_platforms_release_of_kserve() -> None:
    newest = Resources(catalogue=load_catalogue(), accelerators=(accelerator_by_name("l40s"),))
    question = {**ENDPOINT, "kind": "llm-inference-service"}
    files = [file for file in render_endpoint(question, newest)["files"] if file["path"].startswith("llm-")]
    assert check_manifests({"files": files}, newest)["findings"] == []
    # KServe 0.19 drops what 0.20 renders.
    dropped = check_manifests({"files": files}, PLATFORM)["findings"]
    assert {finding["path"] for finding in dropped} >= {"spec.parallelism.tensor"}
    assert check_manifests({"files": files, "kserve": "0.20.0"}, PLATFORM)["findings"] == []
