"""OpenCost's allocations become the endpoints that people own."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from neuroscale.cost.pods import Statements, endpoints_of
from neuroscale.cost_sources.client import CostSource, parse_json
from neuroscale.cost_sources.opencost import Allocations, allocations_of, check_window, read_allocations
from neuroscale.errors import InvalidInputError, NeuroScaleError, UnreadableInputError
from tests.cost_sources.fake_servers import EXAMPLE, Asked, opencost
from tests.model_sources.servers import serving


def saved() -> Allocations:
    """Return the allocations of the example."""
    return allocations_of(parse_json(EXAMPLE.read_text(encoding="utf-8")), "saved.json")


def answer_with(change: Mapping[str, Any], properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an answer with one allocation of a pod that holds an accelerator, changed."""
    names = {"namespace": "team", "pod": "engine-0", "labels": {}} | dict(properties or {})
    allocation = {"properties": names, "gpuHours": 2, "cpuCoreHours": 4, "ramByteHours": 1 << 30} | dict(change)
    return {"code": 200, "status": "success", "data": [{"node/team/engine-0/engine": allocation}]}


async def test_allocations_are_asked_for_by_container_so_that_labels_are_kept() -> None:
    asked = Asked()
    with serving(opencost(asked)) as port:
        async with aiohttp.ClientSession() as session:
            source = CostSource("OpenCost", f"http://127.0.0.1:{port}")
            allocations = await read_allocations(session, source, "7d")

    assert asked.parameters == [{"window": "7d", "accumulate": "true", "includeIdle": "false"}]
    assert allocations == saved()


def test_pods_become_the_inference_service_that_they_belong_to() -> None:
    assistant, search = endpoints_of(saved().containers)

    assert (assistant.title, assistant.owner, assistant.cost_center) == ("team-a/assistant", "team-a", "cc-1001")
    assert (search.title, search.owner, search.cost_center) == ("team-b/search", "team-b", "cc-2002")
    assert assistant.accelerator_hours == search.accelerator_hours == 720


def test_the_model_is_that_of_the_profile_on_the_pod() -> None:
    assistant, search = endpoints_of(saved().containers)

    assert (assistant.model, search.model) == ("google/gemma-4-26B-A4B", "Qwen/Qwen3-32B")


def test_the_accelerator_is_that_of_the_nodes_labels() -> None:
    assert {each.accelerator for each in endpoints_of(saved().containers)} == {"h100-80gb-sxm"}


def test_a_proxy_beside_the_engine_counts_for_processor_and_memory() -> None:
    assistant, _ = endpoints_of(saved().containers)

    # 8 and 0.1 cores, 64 and 0.25 GiB, for 720 hours.
    assert assistant.processor_core_hours == Decimal(5832)
    assert assistant.memory_gibibyte_hours == Decimal(46260)


def test_what_a_container_is_billed_is_accelerators_processor_and_memory() -> None:
    assistant, _ = endpoints_of(saved().containers)

    assert assistant.billed == sum(Decimal(text) for text in ("2808", "182.0736", "195.3792", "2.27592", "0.7632"))


def test_idle_nodes_and_pods_without_accelerators_are_no_endpoints() -> None:
    assert len(endpoints_of(saved().containers)) == 2


def test_the_period_is_that_of_the_allocations() -> None:
    period = saved().period

    assert period is not None
    assert period.start == datetime(2026, 10, 1, tzinfo=UTC)
    assert period.length == timedelta(days=30)


def test_the_pods_of_a_group_are_one_llm_inference_service() -> None:
    labels = {"app_kubernetes_io_name": "chat", "app_kubernetes_io_part_of": "llminferenceservice"}
    answer = answer_with({}, {"labels": labels})
    answer["data"][0]["node/team/engine-1/engine"] = answer_with({}, {"labels": labels, "pod": "engine-1"})["data"][
        0
    ]["node/team/engine-0/engine"]

    (endpoint,) = endpoints_of(allocations_of(answer, "saved.json").containers)

    assert endpoint.title == "team/chat"
    assert endpoint.accelerator_hours == 4


def test_other_pods_belong_to_what_made_them() -> None:
    (endpoint,) = endpoints_of(allocations_of(answer_with({}, {"controller": "engine"}), "saved.json").containers)

    assert endpoint.title == "team/engine"
    assert (endpoint.model, endpoint.owner, endpoint.accelerator) == (None, None, None)


def test_labels_alone_tell_the_footprint_of_a_model() -> None:
    labels = {"model_architecture": "moe", "total_params": "25.2B", "active_param_ratio": "0.15"}
    (endpoint,) = endpoints_of(allocations_of(answer_with({}, {"labels": labels}), "saved.json").containers)

    assert endpoint.footprint is not None
    assert endpoint.footprint.is_rounded
    assert endpoint.footprint.held_parameters == 25_200_000_000
    assert endpoint.footprint.computing_parameters == 3_780_000_000


def test_a_profile_that_is_none_names_no_model() -> None:
    answer = answer_with({}, {"annotations": {"neuroscale_dev_model_profile": "{"}})

    (endpoint,) = endpoints_of(allocations_of(answer, "saved.json").containers)

    assert endpoint.model is None


def test_what_a_person_states_wins() -> None:
    statements = Statements(
        models={"team-a/assistant": "Qwen/Qwen3-8B"},
        accelerators={"team-a/assistant": "l4"},
        default_accelerator="t4",
    )

    assistant, search = endpoints_of(saved().containers, statements=statements)

    assert (assistant.model, assistant.accelerator) == ("Qwen/Qwen3-8B", "l4")
    assert search.accelerator == "h100-80gb-sxm"


def test_amounts_that_were_read_as_floats_keep_their_digits() -> None:
    assert allocations_of(json.loads(EXAMPLE.read_text(encoding="utf-8")), "saved.json") == saved()


def test_steps_of_a_window_add_up() -> None:
    answer = answer_with({})
    answer["data"] *= 3

    (endpoint,) = endpoints_of(allocations_of(answer, "saved.json").containers)

    assert endpoint.accelerator_hours == 6


@pytest.mark.parametrize("labels", [{"owner": "b"}, {}])
def test_pods_of_several_owners_have_none_in_common(labels: dict[str, str]) -> None:
    answer = answer_with({}, {"controller": "engine", "labels": {"owner": "a"}})
    answer["data"].append(answer_with({}, {"controller": "engine", "pod": "engine-1", "labels": labels})["data"][0])

    (endpoint,) = endpoints_of(allocations_of(answer, "saved.json").containers)

    assert endpoint.owner is None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"code": 400, "message": "Error: window"}, "is an error of OpenCost: Error: window"),
        ({}, "data must be a list of allocation sets"),
        ({"data": {}}, "data must be a list of allocation sets"),
        ({"data": [3]}, "must be a set of allocations by name"),
        ({"data": [{"a": 3}]}, "must be an allocation"),
        (answer_with({"gpuHours": "2"}), "2 is not an amount"),
        (answer_with({"gpuHours": float("nan")}), "nan is not an amount"),
        (answer_with({"gpuHours": 10**400}), "is not an amount"),
        (answer_with({"gpuHours": None}), "None is not an amount"),
        (answer_with({"gpuHours": -1}), "is not an amount"),
        (answer_with({"gpuHours": True}), "True is not an amount"),
        (answer_with({"cpuCoreHours": 10**30}), "is not an amount"),
        (answer_with({"properties": []}), "must be a mapping"),
        (answer_with({}, {"labels": []}), "must be a mapping"),
        (answer_with({"window": {"start": "now", "end": "then"}}), "'now' is not a time"),
        (
            answer_with({"window": {"start": "2026-10-02T00:00:00Z", "end": "2026-10-01T00:00:00Z"}}),
            "ends before it begins",
        ),
        (answer_with({}, {"pod": None}), "names no pod: the allocations are aggregated"),
    ],
)
def test_what_is_no_answer_is_told_with_its_place(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(NeuroScaleError) as caught:
        allocations_of(answer, "saved.json")

    assert isinstance(caught.value, InvalidInputError | UnreadableInputError)
    assert message in caught.value.message
    assert (caught.value.field or "").startswith("saved.json")


async def test_an_error_of_opencost_is_told() -> None:
    body = json.dumps({"code": 500, "message": "Error: no data"})
    server = opencost(Asked(), lambda: web.Response(status=500, text=body, content_type="application/json"))
    with serving(server) as port:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(NeuroScaleError, match="answers 500: Error: no data"):
                await read_allocations(session, CostSource("OpenCost", f"http://127.0.0.1:{port}"), "7d")


@pytest.mark.parametrize(
    "window",
    ["30m", "12h", "7d", "lastmonth", "1578002645,1580681045", "2026-11-01T00:00:00Z,2026-11-08T00:00:00Z"],
)
def test_windows_are_those_of_opencost(window: str) -> None:
    assert check_window(window) == window


@pytest.mark.parametrize("window", ["", "7", "7 days", "7d&aggregate=pod", "-7d", "7d\n"])
def test_other_windows_are_refused(window: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a window"):
        check_window(window)


@pytest.mark.parametrize(
    "window", ["9999w", "401d", "1578002645,1980681045", "2024-11-01T00:00:00Z,2026-11-08T00:00:00Z"]
)
def test_windows_that_no_store_answers_are_refused(window: str) -> None:
    with pytest.raises(InvalidInputError, match="longer than 400 days"):
        check_window(window)
