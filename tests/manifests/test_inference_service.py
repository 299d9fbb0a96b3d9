"""An InferenceService and its serving runtime become the pod that KServe makes of them."""

from dataclasses import replace

import pytest

from neuroscale.engines.settings import ArgumentPosition
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving import read_workloads
from tests.manifests.fixture_files import load, load_one, workloads_of

MODEL_BLOCK = ("spec", "predictor", "model")


def test_arguments_are_appended_to_the_runtimes_and_the_last_one_wins() -> None:
    (workload,) = workloads_of("isvc-runtime.yaml")
    assert workload.settings is not None
    assert workload.settings.tensor_parallel_size == 4
    assert workload.settings.options["--port"] == "8080"
    assert workload.settings.maximum_model_length_tokens == 8192


def test_placeholders_are_filled_from_the_service() -> None:
    (workload,) = workloads_of("isvc-runtime.yaml")
    assert workload.settings is not None
    assert workload.settings.served_model_names == ("mixtral",)


def test_variables_replace_the_runtimes_by_name() -> None:
    (workload,) = workloads_of("isvc-runtime.yaml")
    assert workload.settings is not None
    assert workload.settings.environment == {"HF_HOME": "/tmp", "VLLM_LOGGING_LEVEL": "DEBUG"}


def test_an_argument_points_into_the_service_and_a_runtimes_points_nowhere() -> None:
    (workload,) = workloads_of("isvc-runtime.yaml")
    assert workload.option_path("--max-model-len") == (*MODEL_BLOCK, "args", 1)
    assert workload.option_path("--port") is None
    assert workload.argument_path(ArgumentPosition("args", -1)) == MODEL_BLOCK


def test_the_model_is_what_is_downloaded_to_the_path_the_engine_loads() -> None:
    (workload,) = workloads_of("isvc-runtime.yaml")
    assert workload.model is not None
    assert workload.model.repository == "mistralai/Mixtral-8x7B-Instruct-v0.1"
    assert workload.model.path == (*MODEL_BLOCK, "storageUri")


def test_node_labels_of_the_service_win_over_the_runtimes() -> None:
    (workload,) = workloads_of("isvc-runtime.yaml")
    assert workload.node_labels == {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb", "pool": "large"}


@pytest.mark.parametrize(
    ("raw", "defaulted"),
    [
        ("isvc-runtime.yaml", "isvc-runtime-defaulted.yaml"),
        ("isvc-huggingface.yaml", "isvc-huggingface-defaulted.yaml"),
    ],
)
def test_the_form_after_kserves_defaulting_webhook_reads_the_same(raw: str, defaulted: str) -> None:
    (before,), (after,) = workloads_of(raw), workloads_of(defaulted)
    assert before.settings == after.settings
    assert before.model is not None
    assert after.model is not None
    assert before.model.text == after.model.text
    assert before.accelerators is not None
    assert after.accelerators is not None
    assert before.accelerators.count == after.accelerators.count
    assert before.unjudgeable == after.unjudgeable


def test_the_namespaces_own_runtime_comes_before_the_clusters() -> None:
    service = replace(load_one("isvc-runtime.yaml"), namespace="team-own")
    (workload,) = read_workloads(service, load("runtimes.yaml"))
    assert workload.settings is not None
    assert str(workload.settings.version) == "0.19.0"


def with_field(manifest: ManifestObject, name: str, value: object) -> ManifestObject:
    model = {**manifest.body["spec"]["predictor"]["model"], name: value}
    predictor = {**manifest.body["spec"]["predictor"], "model": model}
    return replace(manifest, body={**manifest.body, "spec": {"predictor": predictor}})


def test_a_runtime_version_becomes_the_tag_of_the_image() -> None:
    service = with_field(load_one("isvc-runtime.yaml"), "runtimeVersion", "v0.20.0")
    (workload,) = read_workloads(service, load("runtimes.yaml"))
    assert workload.settings is not None
    assert str(workload.settings.version) == "0.20.0"


def test_without_the_runtime_only_what_the_service_itself_says_is_known() -> None:
    (workload,) = read_workloads(load_one("isvc-runtime.yaml"), ())
    assert workload.runtime_missing == "vllm"
    assert workload.settings is None
    assert workload.model is not None
    assert workload.accelerators is not None
    assert workload.accelerators.count == 4


@pytest.mark.parametrize(
    ("runtime", "words"),
    [
        ("no-engine-container", "has no container named kserve-container"),
        ("disabled", "is disabled: KServe makes no pod"),
        ("malformed", "is malformed: spec.containers[0].args: must be a list"),
    ],
)
def test_a_runtime_that_gives_no_pod_is_said_to(runtime: str, words: str) -> None:
    service = with_field(load_one("isvc-runtime.yaml"), "runtime", runtime)
    (workload,) = read_workloads(service, load("runtimes.yaml"))
    assert workload.settings is None
    (sentence,) = workload.unjudgeable
    assert words in sentence


def test_a_runtime_of_another_api_group_is_not_taken() -> None:
    service = with_field(load_one("isvc-runtime.yaml"), "runtime", "other-group")
    (workload,) = read_workloads(service, load("runtimes.yaml"))
    assert workload.runtime_missing == "other-group"


def test_a_runtime_that_kserve_would_pick_is_not_guessed() -> None:
    (workload,) = workloads_of("isvc-huggingface.yaml")
    assert workload.settings is None
    assert workload.runtime_missing is None
    (sentence,) = workload.unjudgeable
    assert 'picks one that supports the model format "huggingface"' in sentence
    assert "spec.predictor.model.runtime" in sentence


def test_nothing_is_said_about_the_runtime_of_a_model_that_is_no_language_model() -> None:
    (workload,) = workloads_of("isvc-sklearn.yaml")
    assert workload.unjudgeable == ()


def test_model_mesh_is_said_to_load_the_model_elsewhere() -> None:
    service = load_one("isvc-runtime.yaml")
    metadata = {**service.body["metadata"], "annotations": {"serving.kserve.io/deploymentMode": "ModelMesh"}}
    (workload,) = read_workloads(replace(service, body={**service.body, "metadata": metadata}))
    assert workload.settings is None
    assert "ModelMesh" in workload.unjudgeable[0]


def test_a_custom_predictor_runs_its_engine_in_kserve_container() -> None:
    (workload,) = workloads_of("isvc-custom.yaml")
    assert workload.container_path == ("spec", "predictor", "containers", 1)
    assert workload.settings is not None
    assert workload.settings.tensor_parallel_size == 2
    assert workload.option_path("--tensor-parallel-size") == (*workload.container_path, "args", 2)
    assert workload.model is not None
    assert workload.model.repository == "openai/gpt-oss-120b"
    assert workload.model.path == (*workload.container_path, "args", 1)


def test_an_engine_beside_a_proxy_is_found() -> None:
    (workload,) = workloads_of("isvc-proxy.yaml")
    assert workload.container_path == ("spec", "predictor", "containers", 1)
    assert workload.model is not None
    assert workload.model.repository == "Qwen/Qwen3-8B"
    assert workload.accelerators is not None
    assert workload.accelerators.count == 1


def test_required_affinity_counts_where_every_term_allows_one_value() -> None:
    (workload,) = workloads_of("isvc-custom.yaml")
    assert workload.node_labels == {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}


def test_a_custom_predictor_may_name_its_model_in_a_variable() -> None:
    (workload,) = workloads_of("isvc-custom-storage.yaml")
    assert workload.model is not None
    assert workload.model.text == "s3://models/llama"
    assert workload.model.path == ("spec", "predictor", "containers", 0, "env", 0, "value")
    assert workload.model.repository is None


def test_of_several_stored_models_the_engine_loads_the_one_at_its_path() -> None:
    (workload,) = workloads_of("isvc-storage-uris.yaml")
    assert workload.model is not None
    assert workload.model.repository == "meta-llama/Llama-3.1-8B"
    assert workload.model.path == ("spec", "predictor", "storageUris", 0, "uri")


def test_a_canary_is_a_workload_of_its_own() -> None:
    workloads = workloads_of("isvc-canary.yaml")
    assert [(each.part, each.model.text if each.model else None) for each in workloads] == [
        ("predictor", "Qwen/Qwen3-8B"),
        ("canary", "Qwen/Qwen3-14B"),
    ]
    assert workloads[1].container_path == ("spec", "canary", 0, "predictor", "containers", 0)
