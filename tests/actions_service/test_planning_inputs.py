"""What `plan-serving` and `render-endpoint` are asked for, what is on offer, and by whose prices they choose."""

from dataclasses import replace
from typing import Any

import pytest

from actions_service.action import Resources
from actions_service.actions.plan_serving import plan_serving
from actions_service.actions.render_endpoint import render_endpoint
from actions_service.cost_settings import CostResources
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.errors import InvalidInputError, NoPlanError
from neuroscale.prices.book_file import read_price_book

QUESTION: dict[str, Any] = {"model": "google/gemma-4-26B-A4B", "contextLength": 8192, "concurrency": 8}
ENDPOINT = QUESTION | {"name": "chat", "owner": "search", "costCenter": "cc-1", "environment": "development"}
PLATFORM = Resources(catalogue=load_catalogue())
CHEAP_L40S = """
apiVersion: neuroscale.dev/v1alpha1
kind: PriceBook
currency: EUR
accelerators:
  - {accelerator: l40s, perHour: 0.50}
  - {accelerator: h100-80gb-sxm, perHour: 9.00}
"""
LABELS = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "2"}
NODE = {
    "kind": "Node",
    "metadata": {"name": "big", "labels": LABELS},
    "status": {"allocatable": {"nvidia.com/gpu": "4"}},
}


def test_latencies_that_are_asked_for_are_met() -> None:
    asked = QUESTION | {"promptLength": 2048, "timeToFirstToken": 1.5, "timePerOutputToken": 0.03}
    plan = plan_serving(asked, PLATFORM)["plan"]
    assert plan["speed"]["promptTokens"] == 2048
    assert plan["speed"]["timeToFirstTokenSeconds"]["high"] <= 1.5
    assert plan["speed"]["timePerOutputTokenSeconds"]["high"] <= 0.03


def test_tokens_per_second_are_met_by_the_endpoint() -> None:
    plan = plan_serving(QUESTION | {"tokensPerSecond": 20000}, PLATFORM)["plan"]
    assert plan["speed"]["tokensPerSecond"]["low"] >= 20000


@pytest.mark.parametrize(("node", "most"), [(LABELS, 2), (NODE, 4)], ids=["labels", "a Node"])
def test_nodes_bound_the_accelerators_of_a_pod(node: dict[str, Any], most: int) -> None:
    answer = plan_serving(QUESTION | {"nodes": [node]}, PLATFORM)
    pods = [plan["acceleratorsPerPod"] for plan in (answer["plan"], *answer["alternatives"])]
    assert max(pods) <= most
    assert {plan["accelerator"] for plan in (answer["plan"], *answer["alternatives"])} == {"h100-80gb-sxm"}


def test_a_region_without_prices_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="region: says nothing without prices"):
        plan_serving(QUESTION | {"region": "eu-central"}, PLATFORM)


def test_nodes_that_no_plan_can_use_are_told() -> None:
    shared = LABELS | {"nvidia.com/gpu.replicas": "2"}
    answer = plan_serving(QUESTION | {"nodes": [LABELS, shared]}, PLATFORM)
    assert [unusable["nodes"] for unusable in answer["unusableNodes"]] == [["1"]]
    with pytest.raises(NoPlanError, match="are shared among pods"):
        plan_serving(QUESTION | {"nodes": [shared]}, PLATFORM)


def test_what_is_no_node_names_its_place() -> None:
    with pytest.raises(InvalidInputError) as error:
        plan_serving(QUESTION | {"nodes": [LABELS, {"gpu": 8}]}, PLATFORM)
    assert error.value.field == "nodes[1]"
    with pytest.raises(InvalidInputError) as error:
        plan_serving(QUESTION | {"nodes": [{"metadata": "none"}]}, PLATFORM)
    assert error.value.field == "nodes[0].metadata"


def test_given_prices_choose_and_are_answered() -> None:
    asked = QUESTION | {"accelerators": ["h100-80gb-sxm", "l40s"], "prices": CHEAP_L40S}
    plan = plan_serving(asked, PLATFORM)["plan"]
    assert plan["accelerator"] == "l40s"
    assert plan["cost"]["currency"] == "EUR"
    assert float(plan["cost"]["perHour"]) == 0.5 * plan["acceleratorsPerReplica"] * plan["minimumReplicas"]


def test_the_platforms_prices_choose_for_a_plan_and_for_its_files_alike() -> None:
    book = read_price_book(CHEAP_L40S, "prices.yaml")
    platform = replace(PLATFORM, costs=CostResources(prices=lambda: book))
    accelerators = {"accelerators": ["h100-80gb-sxm", "l40s"]}
    planned = plan_serving(QUESTION | accelerators, platform)["plan"]
    rendered = render_endpoint(ENDPOINT | accelerators, platform)["plan"]
    assert planned["accelerator"] == rendered["accelerator"] == "l40s"
    assert planned["arguments"] == rendered["arguments"]
