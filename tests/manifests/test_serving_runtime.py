"""A serving runtime is judged for what it alone fixes."""

from neuroscale.manifests.serving import SERVING_KINDS, is_serving_object, read_workloads
from tests.manifests.fixture_files import load


def test_what_a_service_may_still_set_is_unknown() -> None:
    runtime = load("runtimes.yaml")[0]
    (workload,) = read_workloads(runtime)
    assert workload.part == "runtime"
    assert workload.settings is not None
    assert workload.settings.tensor_parallel_size == 2
    assert "--tensor-parallel-size" not in workload.settings.unresolved
    assert "--max-model-len" in workload.settings.unresolved
    assert workload.model is None
    assert workload.accelerators is not None
    assert workload.accelerators.count is None


def test_a_placeholder_is_unknown_and_not_wrong() -> None:
    runtime = load("runtimes.yaml")[0]
    (workload,) = read_workloads(runtime)
    assert workload.settings is not None
    assert "--served-model-name" in workload.settings.unresolved
    assert workload.settings.problems == ()


def test_a_runtime_without_an_engine_container_declares_nothing() -> None:
    runtime = next(each for each in load("runtimes.yaml") if each.name == "no-engine-container")
    assert read_workloads(runtime) == ()


def test_a_kind_of_the_same_name_in_another_group_declares_nothing() -> None:
    runtime = load("runtimes.yaml")[-1]
    assert runtime.kind in SERVING_KINDS
    assert not is_serving_object(runtime)
    assert read_workloads(runtime) == ()
