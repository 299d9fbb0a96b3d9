"""What the planner promises: it meets the demand, obeys the rules, and says why it refused what it refused."""

import pytest
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError, NoPlanError
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.plan import Demand
from neuroscale.planning.planner import plan_serving

GEMMA = "google/gemma-4-26B-A4B"
SMALL_LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 2560,
    "intermediate_size": 6912,
    "num_attention_heads": 20,
    "num_hidden_layers": 40,
    "num_key_value_heads": 20,
    "vocab_size": 32000,
    "max_position_embeddings": 4096,
    "torch_dtype": "bfloat16",
}


def architecture(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    known = load_catalogue().find(repository)
    assert known is not None
    return known


def test_a_model_that_fits_one_accelerator_gets_one() -> None:
    result = plan_serving(architecture(GEMMA), Demand(8192, 4), [accelerator_by_name("h100-80gb-sxm")])
    best = result.plans[0]
    assert best.accelerators_per_replica == 1
    assert best.settings.tensor_parallel_size == 1
    assert best.minimum_replicas == 1


def test_the_memory_of_a_plan_adds_up_and_holds_the_requests() -> None:
    for plan in plan_serving(architecture(GEMMA), Demand(32768, 8), tuple(load_accelerators().values())).plans:
        memory = plan.memory
        assert memory.weights_bytes + memory.overhead_bytes + memory.kv_cache_bytes <= memory.usable_bytes
        assert memory.usable_bytes <= memory.accelerator_bytes
        assert memory.kv_cache_bytes >= memory.kv_cache_bytes_per_request
        assert plan.minimum_replicas * plan.concurrent_requests_per_replica >= 8


def test_more_requests_need_more_memory() -> None:
    offered = tuple(load_accelerators().values())
    occupied = [
        plan_serving(architecture(GEMMA), Demand(32768, requests), offered).plans[0].occupied_memory_bytes
        for requests in (1, 16, 256)
    ]
    assert occupied == sorted(occupied)
    assert occupied[0] < occupied[-1]


def test_plans_come_from_the_least_memory_to_the_most() -> None:
    plans = plan_serving(architecture(GEMMA), Demand(8192, 4), tuple(load_accelerators().values())).plans
    occupied = [plan.occupied_memory_bytes for plan in plans]
    assert occupied == sorted(occupied)


def test_the_same_question_has_the_same_answer() -> None:
    offered = tuple(load_accelerators().values())
    demand = Demand(16384, 32)
    assert plan_serving(architecture(GEMMA), demand, offered) == plan_serving(architecture(GEMMA), demand, offered)


def test_a_refusal_names_the_rule_that_admission_would_enforce() -> None:
    # 20 attention heads: eight accelerators cannot share them, though four can, in two stages.
    deep = read_architecture(dict(SMALL_LLAMA, num_hidden_layers=960))
    result = plan_serving(deep, Demand(4096, 1), [accelerator_by_name("a100-40gb-sxm")])
    by_rules = [candidate for candidate in result.refused if candidate.rule.startswith("NS")]
    assert {(candidate.rule, candidate.arguments[1]) for candidate in by_rules} == {
        ("NS101", "--tensor-parallel-size=8")
    }
    sizes = {(plan.settings.tensor_parallel_size, plan.settings.pipeline_parallel_size) for plan in result.plans}
    assert sizes == {(4, 2)}


def test_a_latent_cache_is_not_stored_once_per_rank_where_that_costs_requests() -> None:
    deepseek = architecture("deepseek-ai/DeepSeek-V3")
    plans = plan_serving(deepseek, Demand(32768, 64), [accelerator_by_name("h200-141gb-sxm")]).plans
    best = plans[0]
    assert (best.settings.tensor_parallel_size, best.settings.data_parallel_size) == (1, 8)
    copied = [plan for plan in plans if plan.settings.tensor_parallel_size > 1]
    assert all(plan.minimum_replicas > best.minimum_replicas for plan in copied)


def test_a_device_without_bfloat16_serves_a_bfloat16_model_in_float16() -> None:
    result = plan_serving(architecture("Qwen/Qwen3-0.6B"), Demand(4096, 1), [accelerator_by_name("t4")])
    plan = result.plans[0]
    assert "--dtype" not in " ".join(engine_arguments(plan.settings))
    # 65 TFLOPS in float16 are known of it, so a prefill is not taken to cost nothing.
    longer = plan_serving(architecture("Qwen/Qwen3-0.6B"), Demand(32768, 1), [accelerator_by_name("t4")]).plans[0]
    assert longer.autoscaling.time_to_first_token_seconds > plan.autoscaling.time_to_first_token_seconds


def test_old_releases_do_not_fall_back_from_bfloat16() -> None:
    with pytest.raises(NoPlanError, match="bfloat16"):
        plan_serving(
            architecture("Qwen/Qwen3-1.7B"), Demand(4096, 1), [accelerator_by_name("t4")], Version("0.8.5")
        )


def test_a_model_that_computes_in_no_float16_is_refused_without_bfloat16() -> None:
    result = plan_serving(
        architecture("google/gemma-2-2b-it"),
        Demand(4096, 1),
        [accelerator_by_name("t4"), accelerator_by_name("l4")],
    )
    assert {plan.accelerator.name for plan in result.plans} == {"l4"}
    assert "float32" in next(candidate.reason for candidate in result.refused if candidate.accelerator == "t4")


def test_a_device_that_the_engine_is_no_longer_built_for_is_refused() -> None:
    model = read_architecture(dict(SMALL_LLAMA, torch_dtype="float16"))
    volta = accelerator_by_name("v100-16gb")
    with pytest.raises(NoPlanError) as error:
        plan_serving(model, Demand(4096, 1), [volta], Version("0.20.0"))
    assert "compute capability" in str(error.value)
    assert plan_serving(model, Demand(4096, 1), [volta], Version("0.19.1")).plans


def test_a_gguf_model_is_planned_for_a_release_that_loads_it() -> None:
    stored = dict(SMALL_LLAMA, quantization_config={"quant_method": "gguf", "bits": 4.8})
    model = read_architecture(stored)
    with pytest.raises(NoPlanError):
        plan_serving(model, Demand(4096, 1), [accelerator_by_name("l4")])
    assert plan_serving(model, Demand(4096, 1), [accelerator_by_name("l4")], Version("0.23.0")).plans


def test_a_model_that_the_engine_dropped_names_the_last_version_that_ran_it() -> None:
    model = read_architecture(dict(SMALL_LLAMA, architectures=["ArcticForCausalLM"]))
    with pytest.raises(InvalidInputError) as error:
        plan_serving(model, Demand(4096, 1), [accelerator_by_name("l4")], Version("0.33.0"))
    assert error.value.field == "engine"
    assert "vllm@0.28.0" in str(error.value)


def test_a_pod_takes_no_more_devices_than_a_node_holds() -> None:
    offered = [accelerator_by_name(name) for name in ("gb200-189gb", "b200-180gb")]
    plans = plan_serving(architecture("deepseek-ai/DeepSeek-V3"), Demand(8192, 1), offered).plans
    most = dict.fromkeys(("gb200-189gb", "b200-180gb"), 0)
    for plan in plans:
        most[plan.accelerator.name] = max(most[plan.accelerator.name], plan.accelerators_per_pod)
    assert most == {"gb200-189gb": 4, "b200-180gb": 8}


def test_a_replica_is_not_promised_more_requests_than_the_engine_runs_at_once() -> None:
    model = read_architecture(SMALL_LLAMA)
    (best, *_) = plan_serving(model, Demand(16, 1000), [accelerator_by_name("h100-80gb-sxm")]).plans
    assert best.concurrent_requests_per_replica == 256
    assert best.minimum_replicas == 4


def test_what_came_nearest_is_the_largest_accelerator_that_was_tried() -> None:
    offered = [accelerator_by_name(name) for name in ("h100-80gb-sxm", "l4", "t4")]
    with pytest.raises(NoPlanError) as error:
        plan_serving(architecture("meta-llama/Meta-Llama-3.1-405B"), Demand(4096, 1), offered)
    assert "h100-80gb-sxm with --max-model-len=4096" in str(error.value)


def test_nothing_that_fits_is_an_error_with_the_sum() -> None:
    with pytest.raises(NoPlanError) as error:
        plan_serving(architecture("deepseek-ai/DeepSeek-V3"), Demand(4096, 1), [accelerator_by_name("l4")])
    assert "GiB" in str(error.value)
    assert error.value.field == "accelerators"


@pytest.mark.parametrize(
    ("demand", "field"),
    [
        (Demand(10_000_000, 1), "contextLength"),
        (Demand(0, 1), "contextLength"),
        (Demand(4096, 0), "concurrency"),
        (Demand(4096, 10**21), "concurrency"),
    ],
)
def test_a_demand_that_no_hardware_meets_names_its_field(demand: Demand, field: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        plan_serving(architecture(GEMMA), demand, [accelerator_by_name("h100-80gb-sxm")])
    assert error.value.field == field


def test_a_model_that_cannot_be_counted_is_not_planned_by_guess() -> None:
    unknown = read_architecture({"model_type": "never-seen", "hidden_size": 64, "num_hidden_layers": 2})
    with pytest.raises(InvalidInputError) as error:
        plan_serving(unknown, Demand(4096, 1), [accelerator_by_name("h100-80gb-sxm")])
    assert error.value.field in {"model", "contextLength"}


def test_the_engine_version_is_the_one_asked_for() -> None:
    result = plan_serving(
        architecture(GEMMA), Demand(8192, 1), [accelerator_by_name("h100-80gb-sxm")], Version("0.30.0")
    )
    assert {plan.engine_version for plan in result.plans} == {Version("0.30.0")}


def test_the_checkpoint_is_the_same_however_it_is_cut() -> None:
    plans = plan_serving(architecture(GEMMA), Demand(8192, 4), tuple(load_accelerators().values())).plans
    (checkpoint_bytes,) = {plan.checkpoint_bytes for plan in plans}
    # bfloat16: two bytes for each of the 25.8 billion parameters.
    assert 51_611_867_744 <= checkpoint_bytes <= 1.01 * 51_611_867_744
