"""Who is served: bearers of static tokens, and without any tokens this machine alone."""

import hashlib

import pytest

from tests.actions_service.serving import LISTING, json_of, open_settings, serving

_TOKEN = "correct-horse-battery-staple"
_OTHER = "another-token-of-good-length"


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@pytest.mark.parametrize("token", [_TOKEN, _OTHER])
async def test_every_static_token_opens_both_faces(token: str) -> None:
    async with serving(open_settings(token_digests=(digest(_TOKEN), digest(_OTHER)))) as client:
        for path in ("/v1/actions", LISTING):
            response = await client.get(path, headers={"Authorization": f"Bearer {token}"})
            assert response.status == 200


@pytest.mark.parametrize("header", ["", _TOKEN, f"Basic {_TOKEN}", f"Bearer {_TOKEN}x", f"Bearer {_TOKEN[:-1]}"])
async def test_anything_else_is_a_401(header: str) -> None:
    async with serving(open_settings(token_digests=(digest(_TOKEN),))) as client:
        response = await client.get("/v1/actions", headers={"Authorization": header} if header else {})
        assert response.status == 401
        error = (await json_of(response))["error"]
        assert error["name"] == "AuthenticationError"
        assert error["field"] == "Authorization"
        assert _TOKEN not in await response.text()


async def test_health_metrics_and_reference_need_no_token() -> None:
    async with serving(open_settings(token_digests=(digest(_TOKEN),))) as client:
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
            assert (await client.get(path)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"X-Real-IP": "203.0.113.7"},
        {"Host": "rebound.example.com"},
        {"Host": "192.0.2.1:8080"},
        {"Host": "127.0.0.1.example.com"},
    ],
)
async def test_without_tokens_what_comes_from_elsewhere_is_a_403_that_says_what_to_do(
    headers: dict[str, str],
) -> None:
    async with serving(open_settings()) as client:
        response = await client.get("/v1/actions", headers=headers)
        error = (await json_of(response))["error"]
        assert response.status == 403
        assert error["name"] == "NotAllowedError"
        assert "--token-file" in error["fix"]
        assert (await client.get("/healthz", headers=headers)).status == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:8080", "127.5.5.5:1"])
async def test_without_tokens_every_name_of_this_machine_is_served(host: str) -> None:
    async with serving(open_settings()) as client:
        assert (await client.get("/v1/actions", headers={"Host": host})).status == 200
