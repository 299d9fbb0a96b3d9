"""Requests that are promised are as long as they are said to be; without a word, as long as the context."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.planning.reasons import plan_reasons
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_request

H100 = (accelerator_by_name("h100-80gb-sxm"),)
CONTEXT, PROMPT, ANSWER = 131072, 3000, 500


def architecture() -> ModelArchitecture:
    """Return a dense model with a long context."""
    known = load_catalogue().find("meta-llama/Llama-3.3-70B-Instruct")
    assert known is not None
    return known


def best(demand: Demand) -> ServingPlan:
    """Return the best plan on H100."""
    return plan_serving(architecture(), demand, H100).plans[0]


def test_short_requests_in_a_long_context_need_fewer_accelerators() -> None:
    longest = best(Demand(CONTEXT, 64))
    typical = best(Demand(CONTEXT, 64, prompt_tokens=PROMPT, answer_tokens=ANSWER))
    assert (
        longest.request_length_tokens == longest.context_length_tokens == typical.context_length_tokens == CONTEXT
    )
    assert typical.request_length_tokens == PROMPT + ANSWER
    assert typical.occupied_memory_bytes * 8 < longest.occupied_memory_bytes


def test_one_request_of_the_whole_context_fits_beside_the_typical_ones() -> None:
    plan = best(Demand(CONTEXT, 64, prompt_tokens=PROMPT, answer_tokens=ANSWER))
    longest = kv_cache_bytes_per_request(architecture(), plan.settings, CONTEXT)
    assert longest is not None
    others_bytes = (plan.concurrent_requests_per_replica - 1) * plan.memory.kv_cache_bytes_per_request
    assert longest.pessimistic_bytes + others_bytes <= plan.memory.kv_cache_bytes
    assert any(f"one of them of {CONTEXT} tokens" in reason for reason in plan_reasons(plan, architecture()))


def test_the_engine_runs_as_many_as_are_promised() -> None:
    plan = best(Demand(CONTEXT, 64, prompt_tokens=PROMPT, answer_tokens=ANSWER))
    assert plan.scheduler.running_requests_per_replica >= plan.concurrent_requests_per_replica >= 64


def test_speeds_are_those_of_typical_requests() -> None:
    plan = best(Demand(CONTEXT, 8, prompt_tokens=PROMPT, answer_tokens=ANSWER))
    assert plan.speed is not None
    assert (plan.speed.prompt_tokens, plan.speed.output_tokens) == (PROMPT, ANSWER)


@pytest.mark.parametrize(
    ("demand", "prompt", "answer"),
    [
        (Demand(8192, 1), 4096, 4096),
        (Demand(8192, 1, prompt_tokens=1000), 1000, 7192),
        (Demand(8192, 1, answer_tokens=1000), 7192, 1000),
        (Demand(8192, 1, prompt_tokens=1000, answer_tokens=7192), 1000, 7192),
    ],
)
def test_what_is_not_stated_takes_the_rest_of_the_context(demand: Demand, prompt: int, answer: int) -> None:
    speed = best(demand).speed
    assert speed is not None
    assert (speed.prompt_tokens, speed.output_tokens) == (prompt, answer)


@pytest.mark.parametrize(("prompt", "answer"), [(None, 0), (None, -5), (None, 8192), (1000, 7193), (1, 10**30)])
def test_an_answer_that_does_not_fit_names_its_field(prompt: int | None, answer: int) -> None:
    with pytest.raises(InvalidInputError) as error:
        best(Demand(8192, 1, prompt_tokens=prompt, answer_tokens=answer))
    assert error.value.field == "answerLength"
