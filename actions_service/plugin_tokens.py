"""Backstage's plugin tokens: who called, and on behalf of whom."""

import re
from dataclasses import dataclass
from typing import Any

import jwt

from actions_service.action import PLUGIN_ID
from actions_service.key_sets import KeySets

_PLUGIN_TOKEN_TYPE = "vnd.backstage.plugin"  # noqa: S105 - a media type
_USER_TOKEN_TYPE = "vnd.backstage.limited-user"  # noqa: S105 - a media type
_ALGORITHM = "ES256"
_PLUGIN_NAME = re.compile(r"[a-z0-9_-]+", re.IGNORECASE)
_CLOCK_TOLERANCE_SECONDS = 10


class TokenError(Exception):
    """A token that proves nothing.

    Attributes:
        reason: Why, in a few fixed words that are safe to log and count.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    Attributes:
        name: The calling plugin, "static-token" or "loopback".
        user: Entity reference of the user it acts for, None for a service.
    """

    name: str
    user: str | None = None


async def verify_plugin_token(
    token: str, *, backstage_url: str, calling_plugins: frozenset[str], key_sets: KeySets
) -> Caller:
    """Return the caller that a plugin token proves.

    The subject selects the address of the keys, so it is checked against the allow list before it is used.

    Raises:
        TokenError: The token proves nothing.
        KeysUnavailableError: The keys to check it cannot be had now.
    """
    key_id = _read_header(token, _PLUGIN_TOKEN_TYPE, "token")
    subject = _unverified_subject(token)
    if not _PLUGIN_NAME.fullmatch(subject) or subject not in calling_plugins:
        raise TokenError("calling plugin not allowed")
    keys_url = f"{backstage_url}/api/{subject}/.backstage/auth/v1/jwks.json"
    claims = await _verify(token, key_id, keys_url, key_sets, "token", audience=PLUGIN_ID)
    on_behalf_of = claims.get("obo")
    if on_behalf_of is None:
        return Caller(subject)
    if not isinstance(on_behalf_of, str):
        raise TokenError("user token malformed")
    user_key_id = _read_header(on_behalf_of, _USER_TOKEN_TYPE, "user token")
    user_keys_url = f"{backstage_url}/api/auth/.well-known/jwks.json"
    user_claims = await _verify(on_behalf_of, user_key_id, user_keys_url, key_sets, "user token", audience=None)
    return Caller(subject, str(user_claims["sub"]))


def _read_header(token: str, token_type: str, what: str) -> str:
    """Return the key id of a token whose header promises the right type and algorithm."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise TokenError(f"{what} malformed") from None
    if header.get("typ") != token_type:
        raise TokenError(f"{what} of the wrong type")
    if header.get("alg") != _ALGORITHM:
        raise TokenError(f"{what} not signed with {_ALGORITHM}")
    key_id = header.get("kid")
    if not isinstance(key_id, str):
        raise TokenError(f"{what} without a key id")
    return key_id


def _unverified_subject(token: str) -> str:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise TokenError("token malformed") from None
    subject = claims.get("sub")
    return subject if isinstance(subject, str) else ""


async def _verify(
    token: str, key_id: str, keys_url: str, key_sets: KeySets, what: str, *, audience: str | None
) -> dict[str, Any]:
    key = await key_sets.find(keys_url, key_id)
    if key is None:
        raise TokenError(f"{what} signed with an unknown key")
    required = ["iat", "exp", "sub"] + (["aud"] if audience else [])
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            leeway=_CLOCK_TOLERANCE_SECONDS,
            options={"require": required, "verify_aud": audience is not None},
        )
    except jwt.ExpiredSignatureError:
        raise TokenError(f"{what} expired") from None
    except jwt.InvalidAudienceError:
        raise TokenError(f"{what} for another audience") from None
    except jwt.InvalidSignatureError:
        raise TokenError(f"{what} signature wrong") from None
    except jwt.MissingRequiredClaimError as error:
        raise TokenError(f"{what} without claim {error.claim}") from None
    except jwt.PyJWTError:
        raise TokenError(f"{what} invalid") from None
