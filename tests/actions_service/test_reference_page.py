"""The reference page: made from the schemas, complete, and loading nothing from anywhere."""

import pytest

from actions_service.actions import ACTIONS
from tests.actions_service.pages import Page
from tests.actions_service.serving import Client


@pytest.fixture
async def page(client: Client) -> Page:
    response = await client.get("/docs")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    return Page(await response.text())


async def test_the_page_is_well_formed_and_loads_nothing(page: Page) -> None:
    assert page.open == []
    assert page.loads == []
    assert not any("url(" in words or "@import" in words for words in page.words)
    assert len(page.ids) == len(set(page.ids))


async def test_every_link_leads_somewhere(client: Client, page: Page) -> None:
    assert {f"#{name}" for name in ACTIONS} <= set(page.links)
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (await client.get(link)).status == 200


async def test_every_action_and_every_field_is_described(page: Page) -> None:
    words = set(page.words)
    for action in ACTIONS.values():
        assert action.name in page.ids
        assert action.description in words
        for schema in (action.input_schema, action.output_schema):
            for name, field in schema["properties"].items():
                assert name in words
                assert field["description"] in words


async def test_the_root_leads_to_the_page(client: Client) -> None:
    response = await client.get("/", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/docs")
