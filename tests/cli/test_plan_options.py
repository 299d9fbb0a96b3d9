"""What `plan` is asked for on the command line, and what it is offered."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

PROJECT = Path(__file__).parents[2]
NODES = PROJECT / "tests" / "planning" / "fixtures" / "nodes.yaml"
PRICES = PROJECT / "docs" / "examples" / "prices.yaml"
GEMMA = "google/gemma-4-26B-A4B"


def planned(neuroscale: Command, *options: str | Path) -> dict[str, Any]:
    """Return the JSON answer of `plan` for a model and 8192 tokens of context."""
    result = neuroscale("plan", GEMMA, "--context-length", "8192", *options, "--output", "json")
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_latencies_and_lengths_are_asked_for(neuroscale: Command) -> None:
    answer = planned(
        neuroscale, "--accelerator", "h100-80gb-sxm", "--prompt-length", "2048",
        "--time-to-first-token", "1.5", "--time-per-output-token", "0.03",
    )  # fmt: skip
    best = answer["plans"][0]
    assert best["speed"]["promptTokens"] == 2048
    assert best["speed"]["timeToFirstTokenSeconds"]["high"] <= 1.5
    assert best["speed"]["timePerOutputTokenSeconds"]["high"] <= 0.03
    assert best["autoscaling"]["timeToFirstTokenSeconds"] == 1.5
    assert best["shortfalls"] == []


def test_the_nodes_of_a_cluster_are_the_offer(neuroscale: Command) -> None:
    answer = planned(neuroscale, "--nodes", NODES)
    plans = answer["plans"]
    assert {plan["accelerator"] for plan in plans} == {"h100-80gb-sxm"}
    assert max(plan["acceleratorsPerPod"] for plan in plans) <= 4
    reasons = [unusable["reason"] for unusable in answer["unusableNodes"]]
    assert "cordoned: no pod is scheduled there" in reasons


def test_nodes_are_read_from_standard_input(neuroscale: Command) -> None:
    result = neuroscale(
        "plan", GEMMA, "--context-length", "8192", "--nodes", "-", stdin=NODES.read_text(encoding="utf-8")
    )
    assert result.exit_code == 0, result.stderr
    assert "- Not usable: node a100-0: cordoned: no pod is scheduled there.\n" in result.stdout


def test_an_accelerator_that_no_node_has_is_an_error(neuroscale: Command) -> None:
    result = neuroscale("plan", GEMMA, "--nodes", NODES, "--accelerator", "b200-180gb")
    assert result.exit_code == 2
    assert "no node offers b200-180gb (the nodes offer h100-80gb-sxm, l4)" in result.stderr


def test_prices_are_shown_by_the_hour_and_by_the_token(neuroscale: Command) -> None:
    answer = planned(neuroscale, "--prices", PRICES, "--accelerator", "h100-80gb-sxm")
    cost = answer["plans"][0]["cost"]
    assert cost["currency"] == "USD"
    assert float(cost["perMillionOutputTokens"]["low"]) <= float(cost["perMillionOutputTokens"]["high"])
    shown = neuroscale(
        "plan", GEMMA, "--context-length", "8192", "--prices", PRICES, "--accelerator", "h100-80gb-sxm"
    )
    assert "USD per million output tokens while all replicas are full |\n" in shown.stdout


def test_one_standard_input_is_not_read_twice(neuroscale: Command) -> None:
    result = neuroscale("plan", "-", "--nodes", "-")
    assert result.exit_code == 2
    assert 'only one of MODEL and --nodes can be "-"' in result.stderr


@pytest.mark.parametrize(("option", "value"), [("--region", "eu"), ("--commitment", "spot")])
def test_how_accelerators_are_bought_without_prices_is_an_error(
    neuroscale: Command, option: str, value: str
) -> None:
    result = neuroscale("plan", GEMMA, option, value)
    assert result.exit_code == 2
    assert f"{option} needs --prices" in result.stderr


def test_typical_lengths_are_planned_for(neuroscale: Command) -> None:
    result = neuroscale(
        "plan", GEMMA, "--accelerator", "h100-80gb-sxm", "--context-length", "32768",
        "--prompt-length", "2000", "--answer-length", "500", "--output", "json",
    )  # fmt: skip
    (best, *_) = json.loads(result.stdout)["plans"]
    assert (best["contextLength"], best["requestLength"]) == (32768, 2500)
    assert (best["speed"]["promptTokens"], best["speed"]["outputTokens"]) == (2000, 500)


def test_a_latency_that_nothing_meets_is_an_error_with_the_numbers(neuroscale: Command) -> None:
    result = neuroscale(
        "plan", GEMMA, "--context-length", "8192", "--accelerator", "l4", "--time-per-output-token", "0.0001"
    )
    assert result.exit_code == 2
    assert "over the 0.1 ms asked for" in result.stderr
