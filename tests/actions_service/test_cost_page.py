"""The page that says who pays: a form, the views as the action answers them, and one bill drawn in three ways."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from actions_service.action import Resources
from actions_service.cost_settings import read_cost_resources
from actions_service.settings import Settings
from neuroscale.architecture.catalogue import load_catalogue
from tests.actions_service.pages import Page
from tests.actions_service.serving import Client, json_of, serving
from tests.cost_sources.fake_servers import Asked, opencost
from tests.model_sources.servers import serving as serving_application

_PRICES = Path(__file__).parents[2] / "docs" / "examples" / "prices.yaml"
_QUESTION = {"window": "lastmonth", "by": "owner"}


@pytest.fixture
async def platform() -> AsyncIterator[Client]:
    """Serve for a platform with prices and an OpenCost."""
    with serving_application(opencost(Asked())) as port:
        costs = read_cost_resources(_PRICES, None, f"http://127.0.0.1:{port}", None, None, None)
        async with serving(Settings(resources=Resources(load_catalogue(), costs=costs))) as client:
            yield client


async def test_without_a_question_the_page_is_a_form(platform: Client) -> None:
    response = await platform.get("/cost")
    page = Page(await response.text())
    assert response.status == 200
    assert {"window", "region"} <= page.fields.keys()
    assert {"by", "commitment"} <= set(page.ids)
    assert page.open == []


async def test_the_views_are_those_of_the_action(platform: Client) -> None:
    page = Page(await (await platform.get("/cost", params=_QUESTION)).text())
    answer = await json_of(await platform.post("/v1/actions/estimate-cost", json=_QUESTION))
    for group in answer["attribution"]["groups"]:
        assert group["allocation"]["amount"] in page.text
        assert group["difference"] in page.text
    assert page.fields["window"] == "lastmonth"
    assert page.loads == []


async def test_the_views_are_drawn_on_their_own_for_those_who_embed_them(platform: Client) -> None:
    response = await platform.get("/cost/views.svg", params=_QUESTION)
    assert response.content_type == "image/svg+xml"
    assert "team-a: 3240.00 USD" in {element.text for element in ET.fromstring(await response.text()).iter()}


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"window": "soon"}, "is not a window"),
        ({"by": "owner"}, "window"),
        ({"window": "7d", "by": "colour"}, "by"),
        ({"window": "7d", "model": "google/gemma-4-26B-A4B"}, "model : unknown field"),
    ],
)
async def test_what_is_wrong_is_told_beside_the_form(platform: Client, question: dict[str, str], told: str) -> None:
    response = await platform.get("/cost", params=question)
    assert response.status == 422
    assert told in Page(await response.text()).text


async def test_a_service_without_opencost_says_so(client: Client) -> None:
    response = await client.get("/cost", params=_QUESTION)
    assert response.status == 422
    assert "the service knows no OpenCost" in Page(await response.text()).text
