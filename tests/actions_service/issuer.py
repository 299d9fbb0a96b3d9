"""What Backstage does with keys and tokens: real ES256 keys, real tokens, and key sets over real HTTP."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm


@dataclass(slots=True)
class SigningKey:
    """A key pair with an id."""

    key_id: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def public_jwk(self) -> dict[str, Any]:
        jwk = json.loads(ECAlgorithm.to_jwk(self.private.public_key()))
        return {**jwk, "kid": self.key_id, "alg": "ES256"}

    def plugin_token(self, **changes: Any) -> str:
        """Sign a plugin token; a changed claim of None is left out."""
        now = int(time.time())
        claims = {"sub": "scaffolder", "aud": "neuroscale", "iat": now, "exp": now + 3600, **changes}
        return self._sign(claims, "vnd.backstage.plugin")

    def user_token(self, **changes: Any) -> str:
        """Sign a limited user token; a changed claim of None is left out."""
        now = int(time.time())
        claims = {"sub": "user:default/guest", "iat": now, "exp": now + 3600, **changes}
        return self._sign(claims, "vnd.backstage.limited-user")

    def _sign(self, claims: dict[str, Any], token_type: str) -> str:
        kept = {name: value for name, value in claims.items() if value is not None}
        headers = {"typ": token_type, "kid": self.key_id}
        return jwt.encode(kept, self.private, algorithm="ES256", headers=headers)


@dataclass(slots=True)
class Issuer:
    """A server of key sets.

    Attributes:
        url: Its base address.
        keys: The key set of each path.
        fetches: The paths that were asked for, in order.
        is_failing: Whether it answers 500 to everything.
    """

    url: str = ""
    keys: dict[str, list[SigningKey]] = field(default_factory=dict)
    fetches: list[str] = field(default_factory=list)
    is_failing: bool = False

    def plugin_key(self, plugin: str = "scaffolder", key_id: str = "plugin-key") -> SigningKey:
        """Publish a new key of a plugin in place of its former ones."""
        return self._publish(f"/api/{plugin}/.backstage/auth/v1/jwks.json", SigningKey(key_id))

    def user_key(self) -> SigningKey:
        """Publish a new key of the auth plugin for user tokens."""
        return self._publish("/api/auth/.well-known/jwks.json", SigningKey("user-key"))

    def _publish(self, path: str, key: SigningKey) -> SigningKey:
        self.keys[path] = [key]
        return key

    async def answer(self, request: web.Request) -> web.Response:
        self.fetches.append(request.path)
        if self.is_failing:
            return web.Response(status=500)
        if request.path not in self.keys:
            return web.Response(status=404)
        return web.json_response({"keys": [key.public_jwk() for key in self.keys[request.path]]})


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """Serve key sets on a free port of the loopback address."""
    issuer = Issuer()
    application = web.Application()
    application.router.add_get("/{path:.*}", issuer.answer)
    async with TestServer(application) as server:
        issuer.url = str(server.make_url("")).rstrip("/")
        yield issuer
