"""What an endpoint would cost, and who pays for endpoints that ran, as the service answers it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft7Validator

from actions_service.action import Resources
from actions_service.actions.estimate_cost import ACTION, estimate_cost
from actions_service.cost_settings import CostResources, PriceBookFile, read_cost_resources
from actions_service.failures import Failure, problem_of
from actions_service.invocation import invoke
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost_sources.errors import CostSourceAccessError, CostSourceUnavailableError
from neuroscale.errors import InvalidInputError, NeuroScaleError
from tests.actions_service.guide import step_with
from tests.cost_sources.fake_servers import ASSISTANT, EXAMPLE, SEARCH, Asked, opencost, prometheus, vector
from tests.model_sources.servers import serving

PRICES = (Path(__file__).parents[2] / "docs" / "examples" / "prices.yaml").read_text(encoding="utf-8")
PLANNED, USED = (example.arguments for example in ACTION.examples)
COUNTED = {
    "vllm:prompt_tokens_total": vector({ASSISTANT: "5000000000", SEARCH: "1500000000"}),
    "vllm:generation_tokens_total": vector({ASSISTANT: "1000000000", SEARCH: "500000000"}),
}


def platform(costs: CostResources | None = None) -> Resources:
    """Return what a service knows, with these costs or none."""
    return Resources(load_catalogue(), costs=costs or CostResources())


@pytest.fixture
def price_file(tmp_path: Path) -> Path:
    """Write the price book of the platform."""
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES, encoding="utf-8")
    return file


@pytest.fixture
def cluster(price_file: Path) -> Iterator[Resources]:
    """Run an OpenCost and a Prometheus that a service knows, with its prices."""
    with serving(opencost(Asked())) as first, serving(prometheus(Asked(), COUNTED)) as second:
        addresses = (f"http://127.0.0.1:{first}", None, f"http://127.0.0.1:{second}", None)
        yield platform(read_cost_resources(price_file, None, *addresses))


def answer(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Return the output of the action, which satisfies its schema."""
    output = invoke(ACTION, arguments, resources)
    Draft7Validator(ACTION.output_schema).validate(output)
    return output


def test_an_endpoint_costs_what_its_accelerators_cost() -> None:
    estimate = answer(PLANNED, platform())["estimate"]

    # One H100 at 4.00 USD: 730 hours of it are a month, and the autoscaler may double it.
    assert (estimate["currency"], estimate["plan"]["accelerator"]) == ("USD", "h100-80gb-sxm")
    assert estimate["plan"]["perHour"] == "4.00"
    assert estimate["plan"]["perMonth"] == "2920.00"
    assert estimate["plan"]["perMonthAtMost"] == f"{2920 * estimate['plan']['maximumReplicas']}.00"


def test_a_million_tokens_cost_a_range() -> None:
    tokens = answer(PLANNED, platform())["estimate"]["plan"]["perMillionOutputTokens"]

    assert 0 < float(tokens["low"]) < float(tokens["high"])


def test_the_cheapest_of_the_priced_kinds_is_the_plan(price_file: Path) -> None:
    resources = platform(CostResources(prices=PriceBookFile(price_file).current))
    question = {name: value for name, value in PLANNED.items() if name != "prices"}

    estimate = answer(question, resources)["estimate"]

    prices = [float(plan["perHour"]) for plan in (estimate["plan"], *estimate["alternatives"])]
    assert prices[0] == min(prices)
    assert {plan["accelerator"] for plan in estimate["alternatives"]} <= {
        "l4", "l40s", "a100-80gb-sxm", "h100-80gb-sxm", "h200-141gb-sxm", "mi300x",
    }  # fmt: skip


def test_a_region_and_a_commitment_change_the_price(price_file: Path) -> None:
    question = dict(PLANNED) | {"prices": PRICES, "accelerators": ["h100-80gb-sxm"]}

    in_region = answer(question | {"region": "eu-central"}, platform())["estimate"]
    of_platform = answer(question, platform(CostResources(region="eu-central")))["estimate"]
    committed = answer(question | {"commitment": "one-year"}, platform())["estimate"]

    assert in_region["plan"]["perAcceleratorHour"] == of_platform["plan"]["perAcceleratorHour"] == "4.4"
    assert committed["plan"]["perAcceleratorHour"] == "2.5"


def test_written_usage_is_attributed_as_on_the_command_line() -> None:
    attribution = answer(USED, platform())["attribution"]

    assert [(group["name"], group["compute"]["amount"]) for group in attribution["groups"]] == [
        ("team-a", "1520.15"),
        ("team-b", "4239.85"),
    ]


def test_a_window_is_read_from_the_opencost_and_the_prometheus_of_the_service(cluster: Resources) -> None:
    output = answer({"window": "lastmonth", "by": "cost-center"}, cluster)

    groups = {group["name"]: group for group in output["attribution"]["groups"]}
    assert groups["cc-1001"]["allocation"]["amount"] == "3240.00"
    assert groups["cc-1001"]["compute"]["bases"] == ["tokens"]
    assert "cc-1001" in output["summary"]
    assert output["picture"].startswith("<svg")


def test_an_answer_of_opencost_may_be_passed_on() -> None:
    saved = json.loads(EXAMPLE.read_text(encoding="utf-8"))

    attribution = answer({"openCost": saved, "prices": PRICES, "by": "model"}, platform())["attribution"]

    assert {group["name"]: group["allocation"]["amount"] for group in attribution["groups"]} == {
        "google/gemma-4-26B-A4B": "3240.00",
        "Qwen/Qwen3-32B": "3240.00",
    }
    assert attribution["groups"][0]["tokens"]["amount"] is None


def test_without_prices_what_opencost_bills_is_divided() -> None:
    attribution = answer({"openCost": json.loads(EXAMPLE.read_text(encoding="utf-8"))}, platform())["attribution"]

    assert attribution["totals"]["allocation"] == "6376.98"
    assert attribution["currency"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "model: nothing is asked about"),
        ({"by": "owner"}, "model: nothing is asked about"),
        (dict(USED) | {"model": "a/b"}, "model: model and usage are asked about at once"),
        ({"window": "7d"}, "window: the service knows no OpenCost"),
        ({"model": "google/gemma-4-26B-A4B"}, "prices: is required: the service has no price book"),
        (dict(PLANNED) | {"accelerators": ["l4"]}, "accelerators: the price book states no on-demand price of l4"),
        (dict(PLANNED) | {"commitment": "spot"}, "prices: the price book states no spot price of"),
        (dict(PLANNED) | {"prices": "a: 1"}, "prices: is not a PriceBook"),
        ({"openCost": {"data": []}, "region": "eu-central"}, "region: says nothing without prices"),
        ({"openCost": {"data": {}}}, "openCost: data must be a list of allocation sets"),
        ({"usage": {"endpoints": [{"name": "a"}]}}, "usage.endpoints[0].acceleratorHours: is required"),
    ],
)
def test_what_cannot_be_is_told_with_its_field(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        invoke(ACTION, arguments, platform())

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("status", "error"), [(500, CostSourceUnavailableError), (401, CostSourceAccessError)])
def test_a_source_that_fails_is_no_fault_of_the_input(
    status: int, error: type[NeuroScaleError], price_file: Path
) -> None:
    with serving(opencost(Asked(), lambda: web.Response(status=status))) as port:
        costs = read_cost_resources(price_file, None, f"http://127.0.0.1:{port}", None, None, None)
        with pytest.raises(error) as caught:
            estimate_cost({"window": "7d"}, platform(costs))

    assert problem_of(caught.value).failure is Failure.SOURCE_UNAVAILABLE


def test_a_changed_price_book_is_read_again_and_a_wrong_one_is_not(price_file: Path) -> None:
    book = PriceBookFile(price_file)

    price_file.write_text(PRICES.replace("currency: USD", "currency: EUR"), encoding="utf-8")
    changed = book.current().currency
    price_file.write_text("nonsense", encoding="utf-8")

    assert (changed, book.current().currency) == ("EUR", "EUR")


def test_the_token_of_a_mounted_file_follows_it(price_file: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first", encoding="utf-8")
    asked = Asked()
    with serving(opencost(asked)) as port:
        resources = platform(read_cost_resources(price_file, None, f"http://127.0.0.1:{port}", token, None, None))
        estimate_cost({"window": "7d"}, resources)
        token.write_text("second", encoding="utf-8")
        estimate_cost({"window": "7d"}, resources)

    assert asked.authorizations == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (lambda folder: (folder / "absent", None, None, None, None, None), "absent: cannot be read"),
        (lambda folder: (None, None, "opencost:9003", None, None, None), "--opencost: not a base address"),
        (lambda folder: (None, None, None, None, "prometheus", None), "--usage-prometheus: not a base address"),
        (
            lambda folder: (None, None, "http://a", folder / "absent", None, None),
            "--opencost-token-file: cannot read",
        ),
    ],
)
def test_settings_that_cannot_be_are_told(
    tmp_path: Path, options: Callable[[Path], tuple[Any, ...]], message: str
) -> None:
    with pytest.raises(NeuroScaleError) as caught:
        read_cost_resources(*options(tmp_path))

    assert message in str(caught.value)


def test_the_answer_that_the_guide_shows_is_the_answer(price_file: Path) -> None:
    step = step_with("/v1/actions/estimate-cost")
    body = re.search(r"-d '(\{.*?\})'", step.command, flags=re.DOTALL)
    assert body is not None

    output = answer(json.loads(body[1]), platform(CostResources(prices=PriceBookFile(price_file).current)))

    shown = json.loads("\n".join(step.output))
    assert shown == {name: output["estimate"]["plan"][name] for name in shown}
