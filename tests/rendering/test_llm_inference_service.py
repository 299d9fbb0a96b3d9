"""The rendered LLMInferenceService: read back as it was planned, by the presets of every release that has it."""

from dataclasses import replace
from typing import Any

import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint_kind import LONGEST_GROUP_NAME, endpoint_kind
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.manifests.serving import read_workloads
from neuroscale.manifests.workload import ServingWorkload
from tests.rendering.endpoints import LABELS, findings_of, rendered

RELEASES = ["0.17.0", "0.18.1", "0.19.0", "0.20.0", None]
FILE = "llm-inference-service.yaml"


@pytest.fixture
def llm_request(request_for_gemma: EndpointRequest) -> EndpointRequest:
    """The request, for an LLMInferenceService."""
    return replace(request_for_gemma, kind="llm-inference-service")


@pytest.fixture
def ranks_in_one_pod(two_accelerators: EngineDeployment) -> EngineDeployment:
    """Four data-parallel ranks of one device each, in one pod."""
    return replace(
        two_accelerators,
        arguments=("--max-model-len=32768", "--data-parallel-size=4", "--enable-expert-parallel"),
        accelerators_per_pod=4,
        tensor_parallel_size=1,
        data_parallel_size=4,
        expert_parallel=True,
    )


def workloads_of(request: EndpointRequest, engine: EngineDeployment) -> tuple[ServingWorkload, ...]:
    """Read the rendered object back."""
    manifest = manifest_from_mapping(rendered(request, engine)[FILE])
    return read_workloads(manifest, (), request.kserve_version)


@pytest.mark.parametrize("release", RELEASES)
def test_one_pod_is_read_back_as_it_was_planned(
    llm_request: EndpointRequest, two_accelerators: EngineDeployment, release: str | None
) -> None:
    (workload,) = workloads_of(replace(llm_request, kserve_version=release), two_accelerators)
    settings = workload.settings
    assert settings is not None
    assert (settings.engine, str(settings.version)) == ("vllm", "0.33.0")
    assert (settings.tensor_parallel_size, settings.data_parallel_size) == (2, 1)
    assert settings.maximum_model_length_tokens == 32768
    assert settings.served_model_names[0] == "gemma"
    assert settings.problems == ()
    assert workload.controller_faults == ()
    assert workload.unjudgeable == ()
    assert workload.accelerators is not None
    assert workload.accelerators.count == 2
    assert workload.model is not None
    assert workload.model.repository == "google/gemma-4-26B-A4B"


@pytest.mark.parametrize("release", RELEASES)
def test_ranks_in_one_pod_reach_the_engine_though_no_preset_renders_them(
    llm_request: EndpointRequest, ranks_in_one_pod: EngineDeployment, release: str | None
) -> None:
    request = replace(llm_request, kserve_version=release)
    (workload,) = workloads_of(request, ranks_in_one_pod)
    assert workload.settings is not None
    assert workload.settings.data_parallel_size == 4
    assert workload.settings.enable_expert_parallel is True
    assert workload.controller_faults == ()
    parallelism = rendered(request, ranks_in_one_pod)[FILE]["spec"].get("parallelism", {})
    assert not {"data", "dataLocal", "expert"} & set(parallelism)


@pytest.mark.parametrize("release", RELEASES)
def test_a_group_of_pods_is_read_back_as_it_was_planned(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment, release: str | None
) -> None:
    leader, worker = workloads_of(replace(request_for_gemma, kserve_version=release), group_of_pods)
    for workload in (leader, worker):
        settings = workload.settings
        assert settings is not None
        assert (settings.tensor_parallel_size, settings.data_parallel_size) == (1, 16)
        assert settings.data_parallel_size_local == 8
        assert settings.enable_expert_parallel is True
        assert settings.maximum_model_length_tokens == 32768
        assert settings.problems == ()
        assert workload.pods_per_replica == 2
        assert workload.accelerators is not None
        assert workload.accelerators.count == 8
        assert workload.controller_faults == ()
        assert workload.unjudgeable == ()


@pytest.mark.parametrize("release", RELEASES)
def test_the_rules_find_nothing(
    llm_request: EndpointRequest,
    two_accelerators: EngineDeployment,
    ranks_in_one_pod: EngineDeployment,
    group_of_pods: EngineDeployment,
    release: str | None,
) -> None:
    for engine in (two_accelerators, ranks_in_one_pod, group_of_pods):
        assert findings_of(replace(llm_request, kserve_version=release), engine) == []


def test_an_option_that_the_preset_renders_is_written_once(
    llm_request: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    newest = rendered(llm_request, two_accelerators)[FILE]["spec"]
    assert newest["parallelism"] == {"tensor": 2}
    assert newest["template"]["containers"][0]["args"] == ["--max-model-len=32768"]
    older = rendered(replace(llm_request, kserve_version="0.19.0"), two_accelerators)[FILE]["spec"]
    assert "parallelism" not in older
    assert "--tensor-parallel-size=2" in older["template"]["containers"][0]["args"]


def test_an_argument_is_quoted_where_a_shell_reads_it(
    llm_request: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    overrides = '--hf-overrides={"rope_theta": 1000000}'
    engine = replace(two_accelerators, arguments=(*two_accelerators.arguments, overrides))
    (through_shell,) = workloads_of(llm_request, engine)
    (directly,) = workloads_of(replace(llm_request, kserve_version="0.17.0"), engine)
    for workload in (through_shell, directly):
        assert workload.settings is not None
        assert workload.settings.configuration_overrides == {"rope_theta": 1000000}


def test_pods_carry_the_labels_that_cost_is_attributed_by(
    llm_request: EndpointRequest, two_accelerators: EngineDeployment
) -> None:
    service = rendered(llm_request, two_accelerators)[FILE]
    assert service["spec"]["labels"] == service["metadata"]["labels"]
    assert service["spec"]["labels"].items() >= {"owner": "search", "cost-center": "cc-1234", **LABELS}.items()


@pytest.mark.parametrize(
    ("router", "parts"),
    [("none", None), ("route", {"gateway", "route"}), ("scheduler", {"gateway", "route", "scheduler"})],
)
def test_it_is_reached_through_what_was_asked_for(
    llm_request: EndpointRequest, two_accelerators: EngineDeployment, router: Any, parts: set[str] | None
) -> None:
    spec = rendered(replace(llm_request, router=router), two_accelerators)[FILE]["spec"]
    assert (set(spec["router"]) if "router" in spec else None) == parts


def test_the_kind_follows_from_the_pods_of_a_replica(
    request_for_gemma: EndpointRequest, two_accelerators: EngineDeployment, group_of_pods: EngineDeployment
) -> None:
    assert endpoint_kind(request_for_gemma, two_accelerators) == "inference-service"
    assert endpoint_kind(request_for_gemma, group_of_pods) == "llm-inference-service"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "inference-service"}, "kind"),
        ({"kserve_version": "0.16.0"}, "kserve"),
        ({"kserve_version": "newest"}, "KServe version"),
        ({"storage_uri": "gs://models/gemma"}, "storageUri"),
        ({"name": "g" * (LONGEST_GROUP_NAME + 1)}, "name"),
    ],
)
def test_what_kserve_could_not_run_is_refused(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        rendered(replace(request_for_gemma, **changes), group_of_pods)
    assert refusal.value.field == field
    assert refusal.value.fix


def test_ranks_that_are_not_shared_evenly_by_the_pods_are_refused(
    request_for_gemma: EndpointRequest, group_of_pods: EngineDeployment
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        rendered(request_for_gemma, replace(group_of_pods, pods_per_replica=3))
    assert refusal.value.field == "kind"
