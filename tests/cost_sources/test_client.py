"""A source is asked once, within a time and a size, and its token goes to it alone."""

import asyncio
import gzip
import json
from collections.abc import Callable

import aiohttp
import pytest
from aiohttp import web

from neuroscale.cost_sources.client import CostSource, read_json
from neuroscale.cost_sources.errors import CostSourceAccessError, CostSourceUnavailableError
from tests.cost_sources.fake_servers import Asked, opencost
from tests.model_sources.servers import serving


async def asked(source: CostSource) -> object:
    """Return what a source answers."""
    async with aiohttp.ClientSession() as session:
        return await read_json(session, source, "/allocation", {"window": "7d"})


async def answered(answer: Callable[[], web.StreamResponse], token: str | None = None) -> object:
    """Return what is read of a server with one answer."""
    with serving(opencost(Asked(), answer)) as port:
        return await asked(CostSource("OpenCost", f"http://127.0.0.1:{port}", lambda: token))


async def test_the_token_of_the_moment_is_sent() -> None:
    tokens = iter(["first", "second"])
    seen = Asked()
    with serving(opencost(seen)) as port:
        source = CostSource("OpenCost", f"http://127.0.0.1:{port}", lambda: next(tokens))
        await asked(source)
        await asked(source)

    assert seen.authorizations == ["Bearer first", "Bearer second"]


async def test_without_a_token_none_is_sent() -> None:
    seen = Asked()
    with serving(opencost(seen)) as port:
        await asked(CostSource("OpenCost", f"http://127.0.0.1:{port}"))

    assert seen.authorizations == [None]


async def test_numbers_keep_their_digits() -> None:
    answer = await answered(lambda: web.Response(text='{"cost": 0.30000000000000000004}'))

    assert str(answer) == "{'cost': Decimal('0.30000000000000000004')}"


@pytest.mark.parametrize(
    ("status", "token", "fix"), [(401, None, "give it a bearer token"), (403, "t0ken", "the token is refused")]
)
async def test_a_refused_caller_is_told_and_the_token_is_not(status: int, token: str | None, fix: str) -> None:
    with pytest.raises(CostSourceAccessError) as caught:
        await answered(lambda: web.Response(status=status, text="no"), token)

    assert caught.value.fix == fix
    assert "t0ken" not in str(caught.value)


async def test_redirects_are_not_followed() -> None:
    with pytest.raises(CostSourceUnavailableError, match="answers 302"):
        await answered(lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "t0ken")


@pytest.mark.parametrize("body", ["<html>", "[1]", "", '{"a": NaN}', "[" * 100_000, '{"a": 1e' + "9" * 40 + "}"])
async def test_what_is_no_json_object_is_told(body: str) -> None:
    with pytest.raises(CostSourceUnavailableError, match="does not answer with a JSON object"):
        await answered(lambda: web.Response(text=body))


async def test_an_answer_that_is_too_large_is_cut_off_even_when_compressed() -> None:
    body = gzip.compress(json.dumps({"a": " " * (65 << 20)}).encode())

    with pytest.raises(CostSourceUnavailableError, match="more than 64 MiB"):
        await answered(lambda: web.Response(body=body, headers={"Content-Encoding": "gzip"}))


async def test_a_server_that_is_silent_is_given_up() -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    application = web.Application()
    application.router.add_get("/allocation", silent)
    with serving(application) as port:
        source = CostSource("OpenCost", f"http://127.0.0.1:{port}", seconds=0.05)
        with pytest.raises(CostSourceUnavailableError, match=r"did not answer within 0\.05 seconds"):
            await asked(source)


async def test_a_server_that_is_not_there_is_told_by_its_address() -> None:
    with pytest.raises(CostSourceUnavailableError, match=r"OpenCost at http://127\.0\.0\.1:1: cannot be reached"):
        await asked(CostSource("OpenCost", "http://127.0.0.1:1"))


async def test_the_message_of_an_error_is_one_line() -> None:
    text = json.dumps({"error": "bad\nquery"})

    with pytest.raises(CostSourceUnavailableError, match="answers 422: bad query"):
        await answered(lambda: web.Response(status=422, text=text))
