"""Tokens of Backstage's plugins: only what its published keys prove is believed."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from tests.actions_service.issuer import Issuer, SigningKey, issuing
from tests.actions_service.serving import LISTING, Client, invocation, json_of, open_settings, serving


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer


@pytest.fixture
def key(issuer: Issuer) -> SigningKey:
    return issuer.plugin_key()


@pytest.fixture
async def client(issuer: Issuer) -> AsyncIterator[Client]:
    async with serving(open_settings(backstage_url=issuer.url)) as client:
        yield client


async def reason(client: Client, token: str) -> str:
    """Return the reason phrase of the refusal, which must have the right shape; "" when the token is accepted."""
    response = await client.get(LISTING, headers={"Authorization": f"Bearer {token}"})
    if response.status == 200:
        return ""
    body = await json_of(response)
    assert response.status == 401
    assert body["error"]["name"] == "AuthenticationError"
    assert body["response"] == {"statusCode": 401}
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert token not in await response.text()
    assert response.reason is not None
    return response.reason


async def test_a_plugin_token_is_accepted(client: Client, key: SigningKey) -> None:
    assert await reason(client, key.plugin_token()) == ""


async def test_a_plugin_token_on_behalf_of_a_user_is_accepted(
    client: Client, issuer: Issuer, key: SigningKey
) -> None:
    user_token = issuer.user_key().user_token()
    assert await reason(client, key.plugin_token(obo=user_token)) == ""


async def test_the_same_token_opens_the_plain_face(client: Client, key: SigningKey) -> None:
    headers = {"Authorization": f"Bearer {key.plugin_token()}"}
    assert (await client.get("/v1/actions", headers=headers)).status == 200


async def test_the_key_set_is_fetched_once_for_many_tokens(client: Client, issuer: Issuer, key: SigningKey) -> None:
    for _ in range(5):
        assert await reason(client, key.plugin_token()) == ""
    assert issuer.fetches == ["/api/scaffolder/.backstage/auth/v1/jwks.json"]


_NOW = int(time.time())


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": _NOW - 3600, "iat": _NOW - 7200}, "token expired"),
        ({"exp": None}, "token without claim exp"),
        ({"iat": None}, "token without claim iat"),
        ({"iat": _NOW + 3600}, "token invalid"),
        ({"aud": "catalog"}, "token for another audience"),
        ({"aud": None}, "token without claim aud"),
        ({"sub": "catalog"}, "calling plugin not allowed"),
        ({"sub": "../../evil"}, "calling plugin not allowed"),
        ({"sub": "scaffolder/../auth"}, "calling plugin not allowed"),
        ({"sub": None}, "calling plugin not allowed"),
        ({"sub": ["scaffolder"]}, "calling plugin not allowed"),
        ({"obo": "not a token"}, "user token malformed"),
        ({"obo": {"sub": "user:default/guest"}}, "user token malformed"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(
    client: Client, key: SigningKey, claims: dict[str, Any], expected: str
) -> None:
    assert await reason(client, key.plugin_token(**claims)) == f"Authorization: {expected}"


async def test_a_foreign_subject_is_refused_before_any_key_is_fetched(
    client: Client, issuer: Issuer, key: SigningKey
) -> None:
    for subject in ("catalog", "../../evil", "scaffolder/../auth", "scaffolder\n"):
        assert await reason(client, key.plugin_token(sub=subject))
    assert issuer.fetches == []


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": _NOW - 3600}, "user token expired"),
        ({"exp": None}, "user token without claim exp"),
        ({"iat": None}, "user token without claim iat"),
        ({"sub": None}, "user token without claim sub"),
    ],
)
async def test_a_bad_user_token_is_an_error_and_not_no_user(
    client: Client, issuer: Issuer, key: SigningKey, claims: dict[str, Any], expected: str
) -> None:
    user_token = issuer.user_key().user_token(**claims)
    assert await reason(client, key.plugin_token(obo=user_token)) == f"Authorization: {expected}"


async def test_a_user_token_signed_by_the_plugin_is_refused(
    client: Client, issuer: Issuer, key: SigningKey
) -> None:
    issuer.user_key()
    token = key.plugin_token(obo=key.user_token())
    assert await reason(client, token) == "Authorization: user token signed with an unknown key"


async def test_a_user_token_alone_is_no_plugin_token(client: Client, issuer: Issuer) -> None:
    assert await reason(client, issuer.user_key().user_token()) == "Authorization: token of the wrong type"


async def test_a_plugin_token_in_place_of_the_user_token_is_refused(client: Client, key: SigningKey) -> None:
    token = key.plugin_token(obo=key.plugin_token())
    assert await reason(client, token) == "Authorization: user token of the wrong type"


async def test_a_token_of_another_key_with_the_published_id_is_refused(client: Client, key: SigningKey) -> None:
    forged = SigningKey(key.key_id).plugin_token()
    assert await reason(client, forged) == "Authorization: token signature wrong"


async def test_an_unsigned_token_is_refused(client: Client, key: SigningKey) -> None:
    claims = jwt.decode(key.plugin_token(), options={"verify_signature": False})
    headers = {"typ": "vnd.backstage.plugin", "kid": key.key_id}
    token = jwt.encode(claims, "", algorithm="none", headers=headers)
    assert await reason(client, token) == "Authorization: token not signed with ES256"


async def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(
    client: Client, key: SigningKey
) -> None:
    def encoded(part: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")

    claims = jwt.decode(key.plugin_token(), options={"verify_signature": False})
    header = {"typ": "vnd.backstage.plugin", "kid": key.key_id, "alg": "HS256"}
    signed = encoded(header) + b"." + encoded(claims)
    secret = json.dumps(key.public_jwk()).encode()
    signature = base64.urlsafe_b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).rstrip(b"=")
    token = (signed + b"." + signature).decode()
    assert await reason(client, token) == "Authorization: token not signed with ES256"


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "e30.e30.e30", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "ÿ"])
async def test_what_is_no_token_is_refused(client: Client, token: str) -> None:
    assert (await reason(client, token)).startswith("Authorization: token ")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic c2NhZmZvbGRlcjp4", "token"])
async def test_without_a_bearer_token_nothing_is_served(client: Client, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    for path in (LISTING, "/v1/actions"):
        response = await client.get(path, headers=headers)
        assert response.status == 401
        assert response.reason == "Authorization: no bearer token"
    for path in (invocation("inspect-model"), invocation("inspect-model", "v2"), "/v1/actions/inspect-model"):
        assert (await client.post(path, json={}, headers=headers)).status == 401


async def test_a_rotated_key_is_fetched_when_its_id_appears(
    client: Client, issuer: Issuer, key: SigningKey
) -> None:
    assert await reason(client, key.plugin_token()) == ""
    renewed = issuer.plugin_key(key_id="renewed-key")
    assert await reason(client, renewed.plugin_token()) == ""
    assert await reason(client, key.plugin_token()) == "Authorization: token signed with an unknown key"


async def test_forged_key_ids_fetch_the_keys_only_a_few_times(
    client: Client, issuer: Issuer, key: SigningKey
) -> None:
    assert await reason(client, key.plugin_token()) == ""
    for number in range(50):
        forged = SigningKey(f"forged-{number}").plugin_token()
        assert await reason(client, forged) == "Authorization: token signed with an unknown key"
    assert len(issuer.fetches) == 11
    assert await reason(client, key.plugin_token()) == ""


async def test_keys_that_cannot_be_fetched_are_a_503_and_not_a_verdict(
    client: Client, issuer: Issuer, key: SigningKey
) -> None:
    issuer.is_failing = True
    response = await client.get(LISTING, headers={"Authorization": f"Bearer {key.plugin_token()}"})
    body = await json_of(response)
    assert response.status == 503
    assert response.headers["Retry-After"]
    assert body["error"]["name"] == "ServiceUnavailableError"


async def test_known_keys_stay_good_while_backstage_is_away(
    client: Client, issuer: Issuer, key: SigningKey
) -> None:
    assert await reason(client, key.plugin_token()) == ""
    issuer.is_failing = True
    assert await reason(client, key.plugin_token()) == ""
    unknown = SigningKey("other").plugin_token()
    assert await reason(client, unknown) == "Authorization: token signed with an unknown key"
    assert await reason(client, key.plugin_token()) == ""


async def test_another_plugin_may_call_when_it_is_allowed(issuer: Issuer) -> None:
    token = issuer.plugin_key("orchestrator").plugin_token(sub="orchestrator")
    async with serving(
        open_settings(backstage_url=issuer.url, calling_plugins=frozenset({"orchestrator"}))
    ) as client:
        assert await reason(client, token) == ""
        assert (
            await reason(client, issuer.plugin_key().plugin_token()) == "Authorization: calling plugin not allowed"
        )
