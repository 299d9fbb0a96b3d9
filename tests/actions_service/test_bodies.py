"""Bodies that are no input at all."""

import gzip
from collections.abc import AsyncIterator
from io import BytesIO

import pytest

from actions_service.request_body import BODY_LIMIT_BYTES
from tests.actions_service.serving import Client, invocation, json_of

_PATHS = ["/v1/actions/inspect-model", invocation("inspect-model"), invocation("inspect-model", "v2")]
_JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"model": NaN}',
        b'{"model": 1e999}',
        b'{"model": -Infinity}',
        b'{"model": "\\ud800"}',
        b'{"model": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"[" * 500 + b"]" * 500,
        b'{"a":' * 500 + b"1" + b"}" * 500,
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_not_json_is_a_400(client: Client, path: str, body: bytes) -> None:
    response = await client.post(path, data=body, headers=_JSON)
    assert response.status == 400
    error = (await json_of(response))["error"]
    assert error["name"] == "InputError"
    assert "the body" in error["message"]


async def test_a_pair_of_surrogate_escapes_is_a_character(client: Client) -> None:
    response = await client.post(_PATHS[0], data=b'{"model": "org/\\ud83d\\ude80"}', headers=_JSON)
    assert response.status == 422


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json5", None]
)
async def test_another_content_type_is_a_415_that_says_what_to_send(
    client: Client, path: str, content_type: str | None
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    skipped = () if content_type else ("Content-Type",)
    response = await client.post(path, data=b"{}", headers=headers, skip_auto_headers=skipped)
    assert response.status == 415
    assert "application/json" in await response.text()


async def test_a_charset_parameter_is_accepted(client: Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = await client.post(_PATHS[0], data=b'{"model": "google/gemma-4-26B-A4B"}', headers=headers)
    assert response.status == 200


@pytest.mark.parametrize("path", _PATHS)
async def test_a_body_over_the_limit_is_a_413(client: Client, path: str) -> None:
    response = await client.post(path, data=BytesIO(b" " * (BODY_LIMIT_BYTES + 1)), headers=_JSON)
    assert response.status == 413
    assert "8 MiB" in (await json_of(response))["error"]["message"]


async def test_a_body_of_unannounced_length_over_the_limit_is_a_413(client: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * (1024 * 1024)

    response = await client.post(_PATHS[0], data=chunks(), headers=_JSON)
    assert response.status == 413


async def test_a_compressed_body_counts_by_its_real_size(client: Client) -> None:
    bomb = gzip.compress(b" " * (4 * BODY_LIMIT_BYTES))
    response = await client.post(_PATHS[0], data=bomb, headers=_JSON | {"Content-Encoding": "gzip"})
    assert response.status == 413


async def test_a_body_at_the_limit_is_read(client: Client) -> None:
    response = await client.post(_PATHS[0], data=BytesIO(b"{}".ljust(BODY_LIMIT_BYTES)), headers=_JSON)
    assert response.status == 422
