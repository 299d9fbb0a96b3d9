"""The settings and the memory of a plan are those that a manifest with its arguments would be judged by."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.recognition import read_engine_settings
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.explanation import plan_as_json
from neuroscale.planning.memory_table import memory_rows
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.sizing.memory import memory_budget, request_capacity

OFFERED = tuple(load_accelerators().values())
DEMANDS = [Demand(4096, 8), Demand(16384, 64, time_per_output_token_seconds=0.05)]


def architecture(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    known = load_catalogue().find(repository)
    assert known is not None
    return known


@pytest.fixture(
    params=["google/gemma-4-26B-A4B", "deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-0.6B", "openai/gpt-oss-120b"]
)
def model(request: pytest.FixtureRequest) -> ModelArchitecture:
    """Return models of several kinds of attention."""
    return architecture(request.param)


@pytest.fixture(params=DEMANDS, ids=["without a latency", "with a latency"])
def plans(request: pytest.FixtureRequest, model: ModelArchitecture) -> tuple[ServingPlan, ...]:
    """Return the plans of a model for a demand."""
    return plan_serving(model, request.param, OFFERED).plans


def test_settings_are_what_the_engine_reads_of_the_arguments(plans: tuple[ServingPlan, ...]) -> None:
    for plan in plans:
        read = read_engine_settings(
            f"vllm/vllm-openai:v{plan.engine_version}", ("vllm", "serve"), engine_arguments(plan.settings), {}
        )
        assert read is not None
        assert read.problems == read.ignored == ()
        assert read.options == plan.settings.options
        for size in (
            "tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size", "data_parallel_size_local",
            "enable_expert_parallel", "maximum_sequences", "maximum_model_length_tokens", "world_size",
        ):  # fmt: skip
            assert getattr(read, size) == getattr(plan.settings, size)


def test_memory_is_what_the_memory_model_says_of_the_settings(
    model: ModelArchitecture, plans: tuple[ServingPlan, ...]
) -> None:
    for plan in plans:
        budget = memory_budget(model, plan.settings, plan.accelerator)
        capacity = request_capacity(model, plan.settings, budget, plan.context_length_tokens)
        assert budget.weights is not None
        assert capacity is not None
        memory = plan.memory
        assert memory.weights_bytes == budget.weights.pessimistic_bytes
        assert memory.overhead_bytes == budget.overhead.pessimistic_bytes
        assert memory.kv_cache_bytes == budget.least_kv_cache_bytes
        assert memory.kv_cache_bytes_per_request == capacity.bytes_per_request
        promised = plan.concurrent_requests_per_replica // plan.settings.data_parallel_size
        assert promised <= capacity.least_requests


def test_the_memory_table_is_the_memory_of_the_device(
    model: ModelArchitecture, plans: tuple[ServingPlan, ...]
) -> None:
    for plan in plans:
        rows = memory_rows(plan, model)
        assert sum(row.amount_bytes for row in rows) == plan.memory.accelerator_bytes
        assert all(row.amount_bytes >= 0 for row in rows)


def test_no_cache_and_no_weights_are_narrowed_unasked(plans: tuple[ServingPlan, ...]) -> None:
    for plan in plans:
        assert not {"--kv-cache-dtype", "--quantization"} & plan.settings.options.keys()


def test_a_narrow_cache_that_is_asked_for_holds_more_requests() -> None:
    gemma = architecture("google/gemma-4-26B-A4B")
    offered = [load_accelerators()["h100-80gb-sxm"]]
    (wide, *_) = plan_serving(gemma, Demand(32768, 4), offered).plans
    (narrow, *_) = plan_serving(gemma, Demand(32768, 4, kv_cache_data_type="fp8"), offered).plans
    assert "--kv-cache-dtype=fp8" in engine_arguments(narrow.settings)
    assert narrow.concurrent_requests_per_replica > wide.concurrent_requests_per_replica


def test_weights_are_narrowed_while_loading_where_that_is_asked_for() -> None:
    gemma = architecture("google/gemma-4-26B-A4B")
    offered = [load_accelerators()["h100-80gb-sxm"]]
    (wide, *_) = plan_serving(gemma, Demand(8192, 4), offered).plans
    (narrow, *_) = plan_serving(gemma, Demand(8192, 4, quantization="fp8_per_block"), offered).plans
    assert "--quantization=fp8_per_block" in engine_arguments(narrow.settings)
    assert narrow.memory.weights_bytes < wide.memory.weights_bytes


@pytest.mark.parametrize(
    ("repository", "method", "words"),
    [
        ("google/gemma-4-26B-A4B", "nonsense", "it is not known what 'nonsense' makes of weights"),
        ("google/gemma-4-26B-A4B", "awq", "it is not known what 'awq' makes of weights"),
        ("deepseek-ai/DeepSeek-V3", "fp8", "the checkpoint is quantised already"),
    ],
)
def test_a_quantization_that_cannot_be_sized_is_refused(repository: str, method: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as error:
        plan_serving(architecture(repository), Demand(8192, 4, quantization=method), OFFERED)
    assert error.value.field == "quantization"


def test_the_arguments_of_the_json_form_are_those_of_the_plan(
    model: ModelArchitecture, plans: tuple[ServingPlan, ...]
) -> None:
    assert plan_as_json(plans[0], model)["arguments"] == list(engine_arguments(plans[0].settings))
