"""Which plans are rendered: the best that the object which was asked for can serve."""

from dataclasses import replace
from typing import Any

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.engine_deployment import engine_deployment, servable_plans
from neuroscale.planning.plan import Demand, PlanningResult
from neuroscale.planning.planner import plan_serving

LARGE_MODEL = "deepseek-ai/DeepSeek-V3"


@pytest.fixture(scope="module")
def plans() -> PlanningResult:
    """A plan over several pods of H100, and one in a pod of B300 behind it."""
    architecture = load_catalogue().find(LARGE_MODEL)
    assert architecture is not None
    over_pods, in_one_pod = (
        plan_serving(architecture, Demand(8192, 4), (accelerator_by_name(name),))
        for name in ("h100-80gb-sxm", "b300-288gb")
    )
    assert over_pods.plans[0].pods_per_replica > 1
    assert in_one_pod.plans[0].pods_per_replica == 1
    return replace(over_pods, plans=(over_pods.plans[0], in_one_pod.plans[0]))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "auto"}, [0, 1]),
        ({"kind": "llm-inference-service"}, [0, 1]),
        ({"kind": "inference-service"}, [1]),
        # An LLMInferenceService takes no model from there, so that groups of pods are out of the question.
        ({"storage_uri": "gs://models/large"}, [1]),
    ],
)
def test_plans_that_the_object_cannot_serve_are_passed_over(
    request_for_gemma: EndpointRequest, plans: PlanningResult, changes: dict[str, Any], expected: list[int]
) -> None:
    servable = servable_plans(replace(request_for_gemma, **changes), plans)
    assert servable.plans == tuple(plans.plans[index] for index in expected)


def test_where_none_is_left_the_reason_is_about_the_best(
    request_for_gemma: EndpointRequest, plans: PlanningResult
) -> None:
    groups = replace(plans, plans=plans.plans[:1])
    with pytest.raises(InvalidInputError, match=r"an InferenceService cannot run a replica of \d+ pods"):
        servable_plans(replace(request_for_gemma, kind="inference-service"), groups)


def test_requests_in_flight_get_the_time_of_a_typical_answer(plans: PlanningResult) -> None:
    plan = plans.plans[0]
    assert plan.speed is not None
    short, long = (
        engine_deployment(replace(plan, speed=replace(plan.speed, output_tokens=tokens))).drain_seconds
        for tokens in (1, 1_000_000)
    )
    assert (short, long) == (40, 580)
    assert engine_deployment(replace(plan, speed=None)).drain_seconds == 40
    typical = engine_deployment(replace(plan, speed=replace(plan.speed, output_tokens=1000)))
    answer_seconds = (
        plan.speed.time_to_first_token.pessimistic_seconds
        + 1000 * plan.speed.time_per_output_token.pessimistic_seconds
    )
    assert 40 <= answer_seconds <= typical.drain_seconds < answer_seconds + 1
