"""An LLMInferenceService becomes the engines that the presets of a KServe release start."""

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.llm_presets import presets_of, shell_words
from neuroscale.manifests.serving import read_workloads
from tests.manifests.fixture_files import load_one, workloads_of

MAIN = ("spec", "template", "containers", 0)


def test_with_workers_every_size_is_rendered() -> None:
    leader, worker, _ = workloads_of("llm-data-parallel.yaml")
    for workload in (leader, worker):
        assert workload.settings is not None
        assert workload.settings.tensor_parallel_size == 2
        assert workload.settings.data_parallel_size == 16
        assert workload.settings.data_parallel_size_local == 4
        assert workload.settings.enable_expert_parallel
        assert workload.pods_per_replica == 4
        assert workload.unjudgeable == ()


def test_each_workload_block_is_a_workload() -> None:
    workloads = workloads_of("llm-data-parallel.yaml")
    assert [(each.part, each.container_path[-3:], each.pods_per_replica) for each in workloads] == [
        ("predictor", ("template", "containers", 0), 4),
        ("worker", ("worker", "containers", 0), 4),
        ("prefill", ("template", "containers", 0), 1),
    ]


def test_a_rendered_option_points_at_the_field_it_is_rendered_from() -> None:
    leader, _, prefill = workloads_of("llm-data-parallel.yaml")
    assert leader.option_path("--tensor-parallel-size") == ("spec", "parallelism", "tensor")
    assert leader.option_path("--enable-expert-parallel") == ("spec", "parallelism", "expert")
    assert prefill.option_path("--tensor-parallel-size") == ("spec", "prefill", "parallelism", "tensor")


def test_options_in_the_variable_and_in_the_arguments_are_both_read() -> None:
    leader, *_ = workloads_of("llm-data-parallel.yaml")
    assert leader.settings is not None
    assert leader.settings.gpu_memory_utilization == 0.8
    assert leader.option_path("--gpu-memory-utilization") == (*MAIN, "env", 0)
    assert leader.settings.maximum_model_length_tokens == 8192
    assert leader.option_path("--max-model-len") == (*MAIN, "args", 0)


def test_a_shell_variable_that_is_not_known_makes_its_option_unknown() -> None:
    leader, *_ = workloads_of("llm-data-parallel.yaml")
    assert leader.settings is not None
    assert "--kv-cache-dtype" in leader.settings.unresolved
    assert leader.settings.problems == ()


def test_the_model_is_the_uri_of_the_object() -> None:
    for workload in workloads_of("llm-data-parallel.yaml"):
        assert workload.model is not None
        assert workload.model.repository == "deepseek-ai/DeepSeek-V3"
        assert workload.model.path == ("spec", "model", "uri")


@pytest.mark.parametrize(
    ("release", "tensor"), [("0.17.1", 1), ("0.18.1", 1), ("0.19.0", 1), ("0.20.0", 2), (None, 2)]
)
def test_a_single_node_renders_tensor_parallelism_from_0_20_on(release: str | None, tensor: int) -> None:
    (workload,) = workloads_of("llm-single-node.yaml", release)
    assert workload.settings is not None
    assert workload.settings.tensor_parallel_size == tensor
    assert workload.settings.data_parallel_size == 1
    assert not workload.settings.enable_expert_parallel


def test_what_a_single_node_drops_is_named() -> None:
    (workload,) = workloads_of("llm-single-node.yaml", "0.19.0")
    assert [(fault.kind, fault.message) for fault in workload.controller_faults] == [
        (
            "dropped",
            (
                f"spec.parallelism.{field} reaches no engine: "
                "without a worker KServe 0.19.0 renders no parallelism at all"
            ),
        )
        for field in ("tensor", "data", "expert")
    ]
    (newest,) = workloads_of("llm-single-node.yaml")
    assert [fault.path[-1] for fault in newest.controller_faults] == ["data", "expert"]


def test_arguments_lose_a_level_of_quotes_on_their_way_through_the_presets_shell() -> None:
    (workload,) = workloads_of("llm-single-node.yaml")
    assert workload.settings is not None
    assert workload.settings.configuration_overrides == {"max_position_embeddings": 65536}
    assert shell_words("--x='{\"a\": 1}' --y=$A ${B}", {"A": "1 2"}) == ('--x={"a": 1}', "--y=1", "2", "${B}")


def test_what_kserves_template_engine_replaces_stays_one_word() -> None:
    assert shell_words('--max-num-seqs={{ index .Labels "seqs" }} -tp {{ or .Spec.Parallelism.Tensor 1 }}', {}) == (
        "--max-num-seqs={{index.Labelsseqs}}",
        "-tp",
        "{{or.Spec.Parallelism.Tensor1}}",
    )


def test_in_0_16_arguments_replace_the_start_script() -> None:
    leader, worker, _ = workloads_of("llm-data-parallel.yaml", "0.16.0")
    assert leader.settings is None
    assert "replace the script that starts the engine" in leader.unjudgeable[0]
    assert worker.settings is not None


def test_a_container_with_its_own_command_gets_nothing_from_the_preset() -> None:
    (workload,) = workloads_of("llm-own-command.yaml")
    assert workload.settings is not None
    assert workload.settings.tensor_parallel_size == 2
    assert workload.option_path("--tensor-parallel-size") == (*MAIN, "command", 3)
    (fault,) = workload.controller_faults
    assert fault.message == "spec.parallelism.tensor reaches no engine: the container has a command of its own"


def test_pipeline_parallelism_over_workers_needs_a_preset_that_nobody_ships() -> None:
    leader, _ = workloads_of("llm-pipeline.yaml")
    assert leader.settings is None
    (fault,) = leader.controller_faults
    assert "kserve-config-llm-worker-pipeline-parallel, which no KServe release ships" in fault.message
    preset = manifest_from_mapping(
        {
            "apiVersion": "serving.kserve.io/v1alpha2",
            "kind": "LLMInferenceServiceConfig",
            "metadata": {"name": "kserve-config-llm-worker-pipeline-parallel", "namespace": "kserve"},
        }
    )
    leader, _ = read_workloads(load_one("llm-pipeline.yaml"), (preset,))
    assert "which is the cluster's own" in leader.unjudgeable[0]


def test_devices_claimed_through_annotations_are_not_counted() -> None:
    (workload,) = workloads_of("llm-managed-claim.yaml")
    assert workload.accelerators is not None
    assert workload.accelerators.count is None
    assert workload.accelerators.path == ("metadata", "annotations", "serving.kserve.io/exp-dra-device-class")


def test_a_worker_without_a_size_is_what_kserve_refuses() -> None:
    manifest = load_one("llm-pipeline.yaml")
    body = {**manifest.body, "spec": {**manifest.body["spec"], "parallelism": {}}}
    leader, _ = read_workloads(replace(manifest, body=body))
    assert leader.unjudgeable == ("KServe refuses spec.worker without data or pipeline parallelism.",)


def test_the_preset_table_follows_its_schema() -> None:
    data = files("neuroscale.manifests") / "data"
    schema = json.loads((data / "llm_presets.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((data / "llm_presets.json").read_text("utf-8")), schema)


def test_a_release_takes_the_presets_that_were_current() -> None:
    assert [str(presets_of(each).since) for each in ("0.15", "v0.16.3", "0.20.0-rc1", "0.25", None)] == [
        "0.16",
        "0.16",
        "0.20",
        "0.20",
        "0.20",
    ]
    with pytest.raises(InvalidInputError, match='"latest" is not a KServe release'):
        presets_of("latest")
