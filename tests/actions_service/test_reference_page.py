"""The reference page: made from the schemas, complete, and loading nothing from anywhere."""

from html.parser import HTMLParser

import pytest

from actions_service.actions import ACTIONS
from tests.actions_service.serving import Client

_VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Collects what a page refers to, its ids and its text; raises on a tag that is closed out of order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in {"src", "href", "srcset", "action"}:
                self.loads.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


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
