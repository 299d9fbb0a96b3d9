"""An LLMInferenceService is laid over the configurations it names, in their order."""

from dataclasses import replace

from neuroscale.manifests.base_references import merge
from neuroscale.manifests.serving import read_workloads
from tests.manifests.fixture_files import load, load_one

SERVICE = load_one("llm-base-references.yaml")
CONFIGURATIONS = load("llm-configurations.yaml")
MAIN = ("spec", "template", "containers", 0)


def test_a_later_configuration_and_then_the_object_itself_win() -> None:
    (workload,) = read_workloads(SERVICE, CONFIGURATIONS)
    assert workload.settings is not None
    assert workload.settings.maximum_model_length_tokens == 131072
    assert workload.settings.maximum_sequences == 128
    assert workload.unjudgeable == ()


def test_the_namespaces_own_configuration_comes_first() -> None:
    (workload,) = read_workloads(SERVICE, CONFIGURATIONS)
    assert workload.settings is not None
    assert workload.settings.tensor_parallel_size == 4
    assert workload.accelerators is not None
    assert workload.accelerators.count == 4


def test_what_the_object_writes_keeps_its_place() -> None:
    (workload,) = read_workloads(SERVICE, CONFIGURATIONS)
    assert workload.container_path == MAIN
    assert workload.option_path("--max-num-seqs") == (*MAIN, "env", 0)


def test_a_configuration_that_is_not_given_is_named() -> None:
    (workload,) = read_workloads(SERVICE, CONFIGURATIONS[:1])
    assert workload.settings is None
    assert workload.unjudgeable == (
        "The configuration long-context (spec.baseRefs) is not given, so the engine's settings are not known.",
    )
    assert workload.model is not None


def test_a_malformed_configuration_is_said_to_be_so() -> None:
    house_style = replace(CONFIGURATIONS[0], body={"spec": {"prefill": 3}})
    (workload,) = read_workloads(SERVICE, (house_style, CONFIGURATIONS[2]))
    assert workload.settings is None
    assert workload.container_path == MAIN
    (sentence,) = workload.unjudgeable
    assert sentence.startswith("What spec.baseRefs names cannot be merged with this object: spec.prefill: must be")


def test_lists_of_named_things_are_merged_by_name_and_others_replaced() -> None:
    base = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "args": ["--x"], "keep": 1}
    overlay = {"env": [{"name": "B", "value": "3"}, {"name": "C"}], "args": ["--y"], "keep": None}
    assert merge(base, overlay) == {
        "env": [{"name": "B", "value": "3"}, {"name": "C"}, {"name": "A", "value": "1"}],
        "args": ["--y"],
        "keep": 1,
    }
