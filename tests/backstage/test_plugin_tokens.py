"""The actions service serves Backstage's plugins, by their tokens, and nobody who merely claims to be one."""

import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.rigs.backstage.client import Backstage, request
from tests.rigs.backstage.service import ActionsService

pytestmark = pytest.mark.backstage

LISTING = "/api/neuroscale/.backstage/actions/v1/actions"
INVOCATION = f"{LISTING}/neuroscale%3Ainspect-model/invoke"


def foreign_token(key_id: str) -> str:
    """A token with everything a plugin token has but a key of Backstage."""
    now = int(time.time())
    claims = {"sub": "scaffolder", "aud": "neuroscale", "iat": now, "exp": now + 600}
    headers = {"typ": "vnd.backstage.plugin", "kid": key_id}
    return jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers=headers)


def refusal(service: ActionsService, token: str | None) -> str:
    """Send a token to both routes of the protocol; both must refuse it for the same reason, which is returned."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    listed = request(service.url, "GET", LISTING, headers=headers)
    invoked = request(service.url, "POST", INVOCATION, {"model": "google/gemma-4-26B-A4B"}, headers)
    assert (listed.status, invoked.status) == (401, 401)
    assert listed.reason == invoked.reason
    if token:
        assert token not in service.log()
    return listed.reason


def test_a_caller_without_a_token_is_refused(backstage: Backstage, actions_service: ActionsService) -> None:
    assert refusal(actions_service, None).startswith("Authorization: no bearer token")


def test_a_token_signed_with_a_foreign_key_is_refused(
    backstage: Backstage, actions_service: ActionsService
) -> None:
    token = foreign_token("a-key-backstage-does-not-have")
    assert refusal(actions_service, token).startswith("Authorization: token signed with an unknown key")


def test_a_token_that_names_a_real_key_but_is_not_signed_with_it_is_refused(
    backstage: Backstage, actions_service: ActionsService
) -> None:
    assert backstage.actions(), "the first call for a plugin creates its key"
    keys = request(backstage.url, "GET", "/api/scaffolder/.backstage/auth/v1/jwks.json")
    token = foreign_token(keys.body["keys"][0]["kid"])
    assert refusal(actions_service, token).startswith("Authorization: token signature wrong")


def test_a_users_own_token_is_not_a_plugin_token(backstage: Backstage, actions_service: ActionsService) -> None:
    assert refusal(actions_service, backstage.token).startswith("Authorization: token of the wrong type")


def test_a_plugin_token_for_another_plugin_is_refused(
    backstage: Backstage, actions_service: ActionsService
) -> None:
    reply = backstage.dry_run(Path(__file__).parent / "fixtures" / "forwarded-token", {})
    assert reply.status == 200, reply
    assert reply.body["output"]["status"] == 401
    assert reply.body["output"]["error"]["message"] == "token for another audience"


def test_backstage_itself_is_served(backstage: Backstage, actions_service: ActionsService) -> None:
    assert "neuroscale:inspect-model" in backstage.actions()
