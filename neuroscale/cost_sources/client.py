"""One JSON answer from a source over HTTP, within a time and a size."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

import aiohttp
from yarl import URL

from neuroscale.cost_sources.errors import CostSourceAccessError, CostSourceUnavailableError

DEFAULT_SECONDS = 60.0
# A month of a cluster with some thousand pods is a few MiB.
_LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class CostSource:
    """A server that knows what was used.

    Attributes:
        title: What it is, for messages: "OpenCost" or "Prometheus".
        address: Its base address, as `check_base_address` returns it.
        token: Returns the bearer token to send, None for none; asked for each request, as mounted tokens change.
        seconds: Longest time that it may take to answer.
    """

    title: str
    address: str
    token: Callable[[], str | None] = lambda: None
    seconds: float = DEFAULT_SECONDS


async def read_json(
    session: aiohttp.ClientSession, source: CostSource, path: str, parameters: Mapping[str, str]
) -> dict[str, Any]:
    """Return the JSON object that a source answers; numbers with a fraction are decimals.

    Redirects are not followed, so that no token reaches another server.

    Raises:
        CostSourceUnavailableError: It does not answer, or not in time, or with an error, or too much, or no JSON.
        CostSourceAccessError: It asks for a token, or refuses the one it was given.
    """
    token = source.token()
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    url = URL(source.address + path).with_query(dict(parameters))
    try:
        async with (
            asyncio.timeout(source.seconds),
            session.get(url, headers=headers, allow_redirects=False) as response,
        ):
            body = await _body(response, source)
            if response.status in {401, 403}:
                raise CostSourceAccessError(
                    f"answers {response.status}",
                    field=_place(source),
                    fix="the token is refused" if token else "give it a bearer token",
                )
            if response.status != 200:
                _fail(source, f"answers {response.status}{_told(body)}")
    except TimeoutError:
        _fail(source, f"did not answer within {source.seconds:g} seconds")
    except aiohttp.ClientError as error:
        _fail(source, f"cannot be reached: {type(error).__name__}")
    return _object(body, source)


async def _body(response: aiohttp.ClientResponse, source: CostSource) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        content += chunk
        if len(content) > _LARGEST_ANSWER_BYTES:
            _fail(source, f"answers more than {_LARGEST_ANSWER_BYTES >> 20} MiB", "ask for a shorter window")
    return bytes(content)


def _object(body: bytes, source: CostSource) -> dict[str, Any]:
    try:
        answer = parse_json(body.decode("utf-8"))
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        _fail(source, "does not answer with a JSON object", f"is this the address of {source.title}?")
    return answer


def parse_json(text: str) -> Any:
    """Return the value of a JSON text; numbers with a fraction are decimals of the digits that are written.

    Raises:
        ValueError: It is no JSON, holds a number that is none, or is nested too deeply.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (RecursionError, ArithmeticError):
        message = "the JSON cannot be read"
        raise ValueError(message) from None


def _no_number(name: str) -> NoReturn:
    message = f"{name} is not a JSON number"
    raise ValueError(message)


def _told(body: bytes) -> str:
    """Return what a source says of its error, as both OpenCost ("message") and Prometheus ("error") do."""
    try:
        answer = parse_json(body[: 1 << 16].decode("utf-8"))
    except ValueError:
        return ""
    text = (
        next((answer[name] for name in ("error", "message") if isinstance(answer.get(name), str)), "")
        if (isinstance(answer, dict))
        else ""
    )
    line = "".join(character if character.isprintable() else " " for character in text[:_SHOWN_CHARACTERS]).strip()
    return f": {line}" if line else ""


def _fail(source: CostSource, message: str, fix: str | None = None) -> NoReturn:
    raise CostSourceUnavailableError(message, field=_place(source), fix=fix)


def _place(source: CostSource) -> str:
    return f"{source.title} at {source.address}"
