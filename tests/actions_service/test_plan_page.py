"""The page that plans an endpoint: a form, the plan as the action answers it, and the memory drawn."""

from xml.etree import ElementTree as ET

import pytest

from tests.actions_service.pages import Page
from tests.actions_service.serving import GEMMA, Client, json_of, open_settings, serving

_QUESTION = {"model": GEMMA, "contextLength": "8192", "concurrency": "8", "accelerators": "h100-80gb-sxm"}


async def test_without_a_question_the_page_is_a_form(client: Client) -> None:
    response = await client.get("/plan")
    page = Page(await response.text())
    assert response.status == 200
    assert {"model", "contextLength", "concurrency", "engine"} <= page.fields.keys()
    assert page.open == []


async def test_the_page_loads_nothing_and_sends_its_form_to_the_service_alone(client: Client) -> None:
    response = await client.get("/plan", params=_QUESTION)
    page = Page(await response.text())
    policy = response.headers["Content-Security-Policy"]
    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy


async def test_every_link_leads_somewhere(client: Client) -> None:
    page = Page(await (await client.get("/plan")).text())
    assert {"/cost", "/docs", "/openapi.json"} <= set(page.links)
    for link in page.links:
        assert (await client.get(link)).status == 200


async def test_the_plan_is_that_of_the_action(client: Client) -> None:
    page = Page(await (await client.get("/plan", params=_QUESTION)).text())
    asked = {"model": GEMMA, "contextLength": 8192, "concurrency": 8, "accelerators": ["h100-80gb-sxm"]}
    answer = await json_of(await client.post("/v1/actions/plan-serving", json=asked))
    assert " ".join(answer["plan"]["arguments"]) in page.text
    for reason in answer["reasons"]:
        assert reason in page.text


async def test_what_was_filled_in_stays_in_the_form(client: Client) -> None:
    page = Page(await (await client.get("/plan", params=_QUESTION)).text())
    assert page.fields["model"] == GEMMA
    assert page.fields["contextLength"] == "8192"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"contextLength": "abc"}, "contextLength : must be a whole number, not 'abc'"),
        ({"model": ""}, "model"),
        ({"model": "google/gema-4-26B-A4B"}, "did you mean"),
        ({"accelerators": "h1000"}, "h1000"),
        ({"speed": "fast"}, "speed : unknown field"),
    ],
)
async def test_what_is_wrong_is_told_beside_the_form(client: Client, changes: dict[str, str], told: str) -> None:
    response = await client.get("/plan", params=_QUESTION | changes)
    page = Page(await response.text())
    assert response.status == 422
    assert told in page.text
    assert page.fields["concurrency"] == "8"


async def test_what_a_stranger_writes_stays_text(client: Client) -> None:
    name = '"><script>alert(1)</script>'
    text = await (await client.get("/plan", params=_QUESTION | {"model": name})).text()
    assert "<script" not in text


async def test_the_memory_is_drawn_on_its_own_for_those_who_embed_it(client: Client) -> None:
    response = await client.get("/plan/memory.svg", params=_QUESTION)
    assert response.status == 200
    assert response.content_type == "image/svg+xml"
    drawing = ET.fromstring(await response.text())
    assert "routed experts" in (drawing.findtext("{http://www.w3.org/2000/svg}desc") or "")


async def test_a_drawing_of_a_wrong_question_is_an_error_as_of_any_request(client: Client) -> None:
    response = await client.get("/plan/memory.svg", params={"model": GEMMA, "concurrency": "0"})
    assert response.status == 422
    assert (await json_of(response))["error"]["field"] == "concurrency"


@pytest.mark.parametrize("path", ["/plan", "/plan/memory.svg"])
async def test_pages_are_for_those_who_may_call_actions(path: str) -> None:
    async with serving(open_settings(token_digests=(b"digest",))) as client:
        assert (await client.get(path, params=_QUESTION)).status == 401
