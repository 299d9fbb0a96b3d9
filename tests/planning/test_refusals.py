"""What is refused is named with its reason, and what only draws a warning never vanishes."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.errors import NoPlanError
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.planning.explanation import distinct_refusals, plan_as_markdown, refused_as_json
from neuroscale.planning.plan import Demand, RefusedPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.planning.refusals import no_plan

H100 = accelerator_by_name("h100-80gb-sxm")
TOO_SLOW = RefusedPlan(H100.name, ("--max-model-len=8192",), "latency", "time per output token of 9 to 20 ms ...")
TOO_LARGE = RefusedPlan(H100.name, ("--max-model-len=8192",), "memory", "90 GiB weights ... exceed the 73 GiB ...")
WARNED = RefusedPlan(
    H100.name, ("--tensor-parallel-size=8",), "NS250", "keeps 8 copies of the latent KV cache", is_warning=True
)


def architecture(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    known = load_catalogue().find(repository)
    assert known is not None
    return known


def test_a_candidate_that_draws_a_warning_is_no_plan_and_is_named() -> None:
    result = plan_serving(architecture("Qwen/Qwen3-235B-A22B-FP8"), Demand(2048, 4), [accelerator_by_name("l40")])
    warned = [refused_as_json(refused) for refused in result.refused if refused.is_warning]
    assert warned
    assert {refused["rule"] for refused in warned} == {"NS104"}
    arguments = {tuple(plan.settings.options.items()) for plan in result.plans}
    assert not arguments & {refused.arguments for refused in result.refused}


def test_where_nothing_serves_what_would_serve_with_a_warning_is_told_first() -> None:
    error = no_plan((TOO_LARGE, WARNED, TOO_SLOW), [H100])
    assert (
        "h100-80gb-sxm with --tensor-parallel-size=8 has the memory and the speed, but draws a warning of NS250"
        in error.message
    )


@pytest.mark.parametrize(
    ("refused", "fix"),
    [
        ((TOO_LARGE,), "offer larger accelerators, or ask for a shorter context"),
        ((TOO_LARGE, TOO_SLOW), "allow more time, or offer faster accelerators"),
        ((RefusedPlan(H100.name, (), "hardware", "no image"),), "offer another kind of accelerators"),
    ],
)
def test_the_way_out_is_that_of_what_came_nearest(refused: tuple[RefusedPlan, ...], fix: str) -> None:
    assert no_plan(refused, [H100]).fix == fix


def test_an_empty_offer_is_told() -> None:
    with pytest.raises(NoPlanError, match="no accelerator is on offer"):
        plan_serving(architecture("Qwen/Qwen3-0.6B"), Demand(8192, 1), [])


def test_the_words_name_each_kind_that_cannot_serve_once_and_count_the_rest() -> None:
    offered = [accelerator_by_name(name) for name in ("h100-80gb-sxm", "t4", "v100-16gb", "v100-32gb", "mi300x")]
    model = architecture("google/gemma-4-26B-A4B")
    lines = plan_as_markdown(plan_serving(model, Demand(8192, 8), offered), model).splitlines()
    impossible = [line for line in lines if line.startswith("- Not possible: ")]
    assert len(impossible) == 3
    assert lines[-1].startswith("- Nor on ")
    assert not any("h100" in line for line in impossible)


def test_one_refusal_is_shown_for_each_reason_and_kind() -> None:
    refused = plan_serving(
        architecture("google/gemma-4-26B-A4B"), Demand(8192, 8), tuple(load_accelerators().values())
    ).refused
    shown = distinct_refusals(refused)
    assert len({(each.rule, each.accelerator) for each in refused}) == len(shown) < len(refused)
