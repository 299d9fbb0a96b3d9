"""`inspect`, `plan`, `render` and `rules` as a person runs them."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.cli.conftest import FIXTURES, Command

GEMMA = "google/gemma-4-26B-A4B"


def test_inspect_prints_the_public_keys(neuroscale: Command) -> None:
    answer = json.loads(neuroscale("inspect", GEMMA).stdout)
    assert answer["is_mixture_of_experts"] is True
    assert answer["total_parameters"] == 25805933872
    assert answer["language_model_parameters"] == 25233141760
    assert answer["routed_expert_parameters"] == 22837985280
    assert (answer["routed_experts"], answer["experts_per_token"]) == (128, 8)
    assert answer["active_parameters"] == 3822530560
    assert answer["active_parameters_without_input_embedding"] == 3084333056
    assert answer["active_parameters_without_embeddings_and_head"] == 3084333056
    assert answer["labels"] == {"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"}


def test_inspect_says_what_the_weights_and_the_cache_take(neuroscale: Command) -> None:
    answer = json.loads(neuroscale("inspect", GEMMA, "--format", "json").stdout)
    assert answer["stored_weight_bytes"]["total"] == {"least": 51611867744, "most": 51611867744}
    assert answer["kv_cache"]["bytes_per_token"] == 20480
    assert answer["context"]["maximum_tokens"] == 262144


def test_inspect_prints_text_for_a_person(neuroscale: Command) -> None:
    result = neuroscale("inspect", GEMMA, "--output", "text")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{GEMMA} is a Mixture-of-Experts model: ")
    assert "Stored weights               48.1 GiB\n" in result.stdout


def test_inspect_reads_a_config_file(neuroscale: Command) -> None:
    answer = json.loads(neuroscale("inspect", FIXTURES / "models" / "acme--private.json").stdout)
    assert answer["is_mixture_of_experts"] is False


def test_inspect_suggests_near_names(neuroscale: Command) -> None:
    result = neuroscale("inspect", "google/gemma-4-26B")
    assert result.exit_code == 2
    assert GEMMA in result.stderr


def test_plan_answers_with_plans_and_refusals(neuroscale: Command) -> None:
    result = neuroscale(
        "plan", GEMMA, "--accelerator", "h100-80gb-sxm", "--context-length", "32768", "--concurrency", "8",
        "--output", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["plans"][0]["accelerator"] == "h100-80gb-sxm"
    assert answer["plans"][0]["acceleratorsPerReplica"] == 1


def test_rendered_files_pass_the_check(neuroscale: Command, tmp_path: Path) -> None:
    rendered = neuroscale(
        "render", GEMMA, "--name", "gemma", "--owner", "search", "--cost-center", "cc-1", "--directory", tmp_path,
        "--context-length", "32768",
    )  # fmt: skip
    assert rendered.exit_code == 0, rendered.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "catalog-info.yaml",
        "inference-service.yaml",
        "kustomization.yaml",
        "memory.svg",
        "pod-disruption-budget.yaml",
        "pod-monitor.yaml",
        "prometheus-rule.yaml",
        "scaled-object.yaml",
    ]
    checked = neuroscale("check", tmp_path)
    assert (checked.exit_code, checked.stdout) == (0, "no findings\n")


def test_rendered_text_is_a_stream_of_documents(neuroscale: Command) -> None:
    result = neuroscale("render", GEMMA, "--name", "gemma", "--owner", "search", "--cost-center", "cc-1")
    kinds = [document["kind"] for document in yaml.safe_load_all(result.stdout)]
    assert kinds == [
        "InferenceService",
        "ScaledObject",
        "PodDisruptionBudget",
        "PodMonitor",
        "PrometheusRule",
        "Kustomization",
        "Component",
    ]


def test_an_llm_inference_service_is_written_for_the_release_of_the_cluster(
    neuroscale: Command, tmp_path: Path
) -> None:
    rendered = neuroscale(
        "render", GEMMA, "--name", "gemma", "--owner", "search", "--cost-center", "cc-1", "--directory", tmp_path,
        "--context-length", "32768", "--accelerator", "l40s", "--kind", "llm-inference-service",
        "--kserve", "0.19.0", "--router", "scheduler",
    )  # fmt: skip
    assert rendered.exit_code == 0, rendered.stderr
    spec = yaml.safe_load((tmp_path / "llm-inference-service.yaml").read_text(encoding="utf-8"))["spec"]
    assert spec["router"] == {"gateway": {}, "route": {}, "scheduler": {}}
    # KServe 0.19 renders no parallelism into one pod.
    assert "parallelism" not in spec
    checked = neuroscale("check", tmp_path, "--kserve", "0.19.0")
    assert (checked.exit_code, checked.stdout) == (0, "no findings\n")


def test_what_the_platform_watches_already_is_left_out(neuroscale: Command) -> None:
    result = neuroscale(
        "render", GEMMA, "--name", "gemma", "--owner", "search", "--cost-center", "cc-1",
        "--monitoring", "rules", "--monitoring-label", "release=prometheus",
    )  # fmt: skip
    documents = {document["kind"]: document for document in yaml.safe_load_all(result.stdout)}
    assert "PodMonitor" not in documents
    assert documents["PrometheusRule"]["metadata"]["labels"]["release"] == "prometheus"


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("--monitoring-label", "release", "--monitoring-label"),
        ("--kserve", "newest", "--kserve"),
    ],
)
def test_a_wrong_choice_of_the_platform_is_named(neuroscale: Command, option: str, value: str, field: str) -> None:
    result = neuroscale(
        "render", GEMMA, "--name", "gemma", "--owner", "search", "--cost-center", "cc-1", option, value
    )
    assert result.exit_code == 2
    assert field in result.stderr


def test_rules_are_listed_and_explained(neuroscale: Command) -> None:
    listed = neuroscale("rules")
    assert "NS101" in listed.stdout
    explained = neuroscale("rules", "NS101")
    assert "Why it matters" in explained.stdout
    assert json.loads(neuroscale("rules", "--output", "json").stdout)[0]["rule"]


def test_the_memory_of_a_plan_can_be_drawn(neuroscale: Command) -> None:
    result = neuroscale(
        "plan", GEMMA, "--accelerator", "h100-80gb-sxm", "--context-length", "8192", "--output", "svg"
    )
    assert result.exit_code == 0, result.stderr
    assert ET.fromstring(result.stdout).tag == "{http://www.w3.org/2000/svg}svg"
