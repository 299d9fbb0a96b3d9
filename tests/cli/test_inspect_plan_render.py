"""`inspect`, `plan`, `render` and `rules` as a person runs them."""

import json
from pathlib import Path

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
        "catalog-info.yaml",
        "inference-service.yaml",
        "kustomization.yaml",
        "scaled-object.yaml",
    ]
    checked = neuroscale("check", tmp_path / "inference-service.yaml", tmp_path / "scaled-object.yaml")
    assert (checked.exit_code, checked.stdout) == (0, "no findings\n")


def test_rendered_text_is_a_stream_of_documents(neuroscale: Command) -> None:
    result = neuroscale("render", GEMMA, "--name", "gemma", "--owner", "search", "--cost-center", "cc-1")
    kinds = [document["kind"] for document in yaml.safe_load_all(result.stdout)]
    assert kinds == ["InferenceService", "ScaledObject", "Kustomization", "Component"]


def test_rules_are_listed_and_explained(neuroscale: Command) -> None:
    listed = neuroscale("rules")
    assert "NS101" in listed.stdout
    explained = neuroscale("rules", "NS101")
    assert "Why it matters" in explained.stdout
    assert json.loads(neuroscale("rules", "--output", "json").stdout)[0]["rule"]
