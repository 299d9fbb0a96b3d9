"""What engines counted, from Prometheus."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft7Validator
from promql_parser import parse

from neuroscale.cost.pods import PodTokens, endpoints_of
from neuroscale.cost.usage import TokenCounts
from neuroscale.cost_sources.client import CostSource, parse_json
from neuroscale.cost_sources.opencost import Period, allocations_of
from neuroscale.cost_sources.prometheus import (
    QUANTITIES,
    PodLabels,
    engine_hours_query,
    increase_query,
    read_tokens,
)
from neuroscale.engines.metrics import exported_metrics
from neuroscale.errors import InvalidInputError, NeuroScaleError
from tests.cost_sources.fake_servers import ASSISTANT, EXAMPLE, SEARCH, Asked, prometheus, vector
from tests.model_sources.servers import serving

DATA = Path(str(files("neuroscale.cost_sources") / "data"))
TABLE: dict[str, Any] = json.loads((DATA / "token_metrics.json").read_text("utf-8"))
END = datetime(2026, 10, 31, tzinfo=UTC)
PERIOD = Period(END - timedelta(days=30), END)
ANSWERS = {
    "vllm:prompt_tokens_total": vector({ASSISTANT: "4999999999.6", SEARCH: "1.5e9"}),
    "vllm:generation_tokens_total": vector({ASSISTANT: "1000000000.2", SEARCH: "5e8"}),
    "vllm:prompt_tokens_cached_total": vector({ASSISTANT: "2000000000"}),
    "vllm:estimated_flops_per_gpu_total": vector({ASSISTANT: "3e19", SEARCH: "0"}),
    "engine-hours": vector({ASSISTANT: "720", SEARCH: "720"}),
}


async def tokens_from(answers: dict[str, Any], asked: Asked | None = None) -> dict[tuple[str, str], PodTokens]:
    """Return what a Prometheus with these answers is read as."""
    with serving(prometheus(asked or Asked(), answers)) as port:
        async with aiohttp.ClientSession() as session:
            return await read_tokens(session, CostSource("Prometheus", f"http://127.0.0.1:{port}"), PERIOD)


async def test_counts_are_those_of_each_pod_in_whole_tokens() -> None:
    tokens = await tokens_from(ANSWERS)

    assert tokens[ASSISTANT] == PodTokens(5 * 10**9, 10**9, 2 * 10**9, 3 * 10**19, Decimal(720))
    assert tokens[SEARCH] == PodTokens(15 * 10**8, 5 * 10**8, None, 0, Decimal("720.0"))


async def test_the_window_is_asked_for_at_its_end() -> None:
    asked = Asked()
    await tokens_from(ANSWERS, asked)

    assert {parameters["time"] for parameters in asked.parameters} == {f"{END.timestamp():.3f}"}
    assert len(asked.parameters) == 5
    assert all("[2592000s" in parameters["query"] for parameters in asked.parameters)


async def test_tokens_join_the_endpoints_that_their_pods_belong_to() -> None:
    allocations = allocations_of(parse_json(EXAMPLE.read_text(encoding="utf-8")), "saved.json")

    assistant, search = endpoints_of(allocations.containers, await tokens_from(ANSWERS))

    assert assistant.tokens == TokenCounts(5 * 10**9, 10**9, 2 * 10**9, 3 * 10**19)
    # 0 operations are what an engine shows that does not count them.
    assert search.tokens == TokenCounts(15 * 10**8, 5 * 10**8, None, None)


async def test_the_operations_of_one_accelerator_count_for_all_that_an_engine_has() -> None:
    allocations = allocations_of(parse_json(EXAMPLE.read_text(encoding="utf-8")), "saved.json")
    # One engine ran half as many hours as its pod held accelerators: it has two of them.
    answers = ANSWERS | {"engine-hours": vector({ASSISTANT: "360", SEARCH: "720"})}

    assistant, _ = endpoints_of(allocations.containers, await tokens_from(answers))

    assert assistant.tokens is not None
    assert assistant.tokens.estimated_flops == 6 * 10**19


async def test_an_engine_that_shows_one_count_alone_was_not_measured() -> None:
    allocations = allocations_of(parse_json(EXAMPLE.read_text(encoding="utf-8")), "saved.json")
    answers = ANSWERS | {"vllm:generation_tokens_total": vector({SEARCH: "5e8"})}

    assistant, search = endpoints_of(allocations.containers, await tokens_from(answers))

    assert assistant.tokens is None
    assert search.tokens is not None


async def test_no_series_are_no_tokens() -> None:
    assert await tokens_from({}) == {}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-1"])
async def test_what_is_no_count_is_unknown(value: str) -> None:
    tokens = await tokens_from(ANSWERS | {"vllm:prompt_tokens_total": vector({ASSISTANT: value})})

    assert tokens[ASSISTANT].prompt_tokens is None


async def test_series_that_do_not_name_their_pod_are_refused() -> None:
    answers = {"vllm:prompt_tokens_total": vector({ASSISTANT: "1"}, labels=("exported_namespace", "exported_pod"))}

    with pytest.raises(InvalidInputError, match="its series carry no labels namespace and pod"):
        await tokens_from(answers)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"status": "success", "data": {"resultType": "matrix", "result": []}},
            "does not answer as Prometheus does",
        ),
        (
            {"status": "success", "data": {"resultType": "vector", "result": {}}},
            "does not answer as Prometheus does",
        ),
        ({"status": "success"}, "does not answer as Prometheus does"),
        ({"code": 200, "data": []}, "does not answer as Prometheus does"),
        (vector({}) | {"warnings": ["store 10.0.0.1 did not answer"]}, "answers in part"),
        (
            {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}}]}},
            "answers with a sample that is none",
        ),
    ],
)
async def test_what_is_no_answer_is_told(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(NeuroScaleError, match=message):
        await tokens_from({"vllm:generation_tokens_total": answer})


def test_every_query_is_promql() -> None:
    labels = PodLabels("exported_namespace", "exported_pod")

    for query in [
        *(increase_query(quantity, 60, labels) for quantity in QUANTITIES),
        engine_hours_query(60, labels),
    ]:
        parse(query)
        assert "by (exported_namespace, exported_pod)" in query


@pytest.mark.parametrize("record", TABLE["engines"], ids=lambda record: record["engine"])
def test_every_series_is_one_that_its_engine_exports(record: dict[str, str | None]) -> None:
    exported = exported_metrics(str(record["engine"]), None)

    assert exported is not None
    for quantity in QUANTITIES:
        series = record[quantity]
        assert series is None or exported.find(series) is not None, series


def test_the_table_of_series_is_valid() -> None:
    Draft7Validator(json.loads((DATA / "token_metrics.schema.json").read_text("utf-8"))).validate(TABLE)


@pytest.mark.parametrize("name", ["", "a-b", "pod)", "1pod"])
def test_what_is_no_label_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a label's name"):
        PodLabels(pod=name)
