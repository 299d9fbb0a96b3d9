"""The action `compare-resources` says what the command line says, of the same change."""

import json
from pathlib import Path
from typing import Any

import pytest

from actions_service.action import Resources
from actions_service.cost_settings import CostResources
from actions_service.settings import Settings
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.prices.book_file import read_price_book
from tests.actions_service.serving import Client, invocation, json_of, serving
from tests.cost.resources.cases import (
    NAMES,
    PRICES,
    Case,
    recorded_answer,
    recorded_comment,
    without_weights,
    without_weights_in_json,
)
from tests.documentation.console import fenced_blocks

_EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "pull-request"
_GUIDE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text(encoding="utf-8")


def files(texts: dict[str, str]) -> list[dict[str, str]]:
    return [{"path": path, "content": content} for path, content in texts.items()]


def folder(path: Path) -> list[dict[str, str]]:
    return files({str(each): each.read_text("utf-8") for each in sorted(path.glob("*.yaml"))})


def change(name: str, **more: Any) -> dict[str, Any]:
    """Return the input that compares a recorded pull request."""
    case = Case(name)
    sides = {side: files(case.side(side)) for side in ("base", "head", "context")}
    return {**sides, "prices": PRICES.read_text("utf-8"), **more}


def replaced(name: str, side: str, old: str, new: str) -> dict[str, str]:
    """Return the texts of a side with something else written in them."""
    return {path: text.replace(old, new) for path, text in Case(name).side(side).items()}


async def call(client: Client, arguments: dict[str, Any]) -> Any:
    response = await client.post("/v1/actions/compare-resources", json=arguments)
    assert response.status == 200, await response.text()
    return await json_of(response)


@pytest.mark.parametrize("name", NAMES)
async def test_the_answer_is_that_of_the_command_line(client: Client, name: str) -> None:
    answer = await call(client, change(name))
    assert without_weights(answer.pop("markdown")) == recorded_comment(name)
    assert without_weights_in_json(answer) == recorded_answer(name)


async def test_backstage_gets_the_same_answer(client: Client) -> None:
    plain = await call(client, change("runtime-changed"))
    response = await client.post(invocation("compare-resources"), json=change("runtime-changed"))
    assert (await json_of(response))["output"] == plain


async def test_the_platforms_own_prices_hold_where_the_input_gives_none() -> None:
    book = read_price_book(PRICES.read_text("utf-8"), str(PRICES))
    costs = CostResources(prices=lambda: book, region="eu-central")
    arguments = change("replica-range")
    del arguments["prices"]
    async with serving(Settings(resources=Resources(load_catalogue(), costs=costs))) as client:
        answer = await call(client, arguments)
        elsewhere = await call(client, {**arguments, "region": "us-east"})
    assert answer["prices"]["region"] == "eu-central"
    # One replica before the change: 4.40 in that region and 4.00 everywhere else, 8 cores and 64 GiB.
    assert answer["total"]["before"]["perHour"]["least"] == "4.90"
    assert elsewhere["total"]["before"]["perHour"]["least"] == "4.50"


async def test_either_side_may_be_empty(client: Client) -> None:
    head = files(Case("replica-range").side("head"))
    added = await call(client, {"base": [], "head": head})
    assert added["summary"] == {"added": 1, "removed": 0, "changed": 0, "unchanged": 0}
    assert added["prices"] is None
    removed = await call(client, {"base": head, "head": []})
    assert removed["total"]["change"]["accelerators"] == {"least": -2, "most": -6}
    nothing = await call(client, {"base": [], "head": []})
    assert nothing["sentence"].startswith("Neither side holds anything")


async def test_a_model_of_the_input_is_counted(client: Client) -> None:
    config = {
        "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 100, "tie_word_embeddings": False,
        "torch_dtype": "bfloat16", "max_position_embeddings": 2048, "architectures": ["LlamaForCausalLM"],
    }  # fmt: skip
    head = files(replaced("replica-range", "head", "google/gemma-4-26B-A4B", "our/own"))
    answer = await call(client, {"base": [], "head": head, "models": {"our/own": config}})
    facts = {each["name"]: each["after"] for each in answer["objects"][0]["differences"]}
    assert facts["model"] == "our/own (dense, 0M parameters)"
    assert facts["context"] == "2,048 tokens"


@pytest.mark.parametrize(
    ("arguments", "field", "message"),
    [
        ({"head": []}, "base", "is required"),
        ({"base": [], "head": [], "commitment": "forever"}, "commitment", "'forever' is not one of"),
        ({"base": [], "head": [], "region": "eu-central"}, "region", "says nothing without prices"),
        ({"base": [], "head": [], "prices": "kind: Secret"}, "prices", "is not a PriceBook"),
        ({"base": [{"path": "a.yaml", "content": "a: ["}], "head": []}, "base: a.yaml:2:1", "not YAML"),
        ({"base": [], "head": [{"path": "a.yaml", "content": "a: 1"}]}, "head: a.yaml:1:1", "not a Kubernetes"),
        (
            {"base": [], "head": files(replaced("replica-range", "head", 'cpu: "8"', 'cpu: "8 cores"'))},
            "head: ",
            'cpu must be a quantity of zero or more, not "8 cores"',
        ),
    ],
)
async def test_an_input_error_names_the_side_and_the_field(
    client: Client, arguments: dict[str, Any], field: str, message: str
) -> None:
    response = await client.post("/v1/actions/compare-resources", json=arguments)
    assert response.status == 422
    error = (await json_of(response))["error"]
    assert error["field"].startswith(field)
    assert message in error["message"]


async def test_the_answer_on_the_page_is_the_one_given(client: Client) -> None:
    (shown,) = [each for each in fenced_blocks(_GUIDE, "console") if "compare-resources" in each]
    prices = (_EXAMPLE.parent / "prices.yaml").read_text("utf-8")
    answer = await call(
        client, {"base": folder(_EXAMPLE / "base"), "head": folder(_EXAMPLE / "head"), "prices": prices}
    )
    printed = shown[shown.index("\n{") :]
    assert json.loads(printed) == {
        "sentence": answer["sentence"],
        "accelerators": answer["total"]["change"]["accelerators"],
        "perMonth": answer["total"]["change"]["perMonth"],
        "objects": [
            f"{each['object']['kind']} {each['object']['name']}: {each['status']}" for each in answer["objects"]
        ],
    }
