"""Who may call: a Backstage plugin, the bearer of a static token, or, when neither is set up, this machine."""

import hashlib
import hmac
import ipaddress
import logging
from pathlib import Path

from aiohttp import web

from actions_service.failures import Failure, RequestError
from actions_service.key_sets import KeySets, KeysUnavailableError
from actions_service.log import log
from actions_service.metrics import Metrics
from actions_service.plugin_tokens import Caller, TokenError, verify_plugin_token
from neuroscale.errors import InvalidInputError, UnreadableInputError

MINIMUM_TOKEN_LENGTH = 16
_FORWARDING_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def read_token_file(path: Path) -> tuple[bytes, ...]:
    """Return the SHA-256 digests of the tokens in a file: one token a line, empty lines and # lines aside.

    Raises:
        UnreadableInputError: The file cannot be read.
        InvalidInputError: It holds no token, or one that is shorter than MINIMUM_TOKEN_LENGTH.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInputError(f"cannot read {path}: {error}", field="--token-file") from None
    tokens = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    if not tokens:
        raise InvalidInputError(f"{path} holds no token", field="--token-file", fix="write one token a line")
    if any(len(token) < MINIMUM_TOKEN_LENGTH for token in tokens):
        raise InvalidInputError(
            f"{path} holds a token of fewer than {MINIMUM_TOKEN_LENGTH} characters",
            field="--token-file",
            fix="make one with: openssl rand -hex 32",
        )
    return tuple(hashlib.sha256(token.encode()).digest() for token in tokens)


class CallerCheck:
    """Decides whether a request may be served.

    Attributes:
        is_open: Neither plugin tokens nor static tokens are set up: this machine alone is served.
    """

    def __init__(
        self,
        *,
        token_digests: tuple[bytes, ...],
        backstage_url: str | None,
        calling_plugins: frozenset[str],
        key_sets: KeySets,
        metrics: Metrics,
    ) -> None:
        self.is_open = not token_digests and backstage_url is None
        self._token_digests = token_digests
        self._backstage_url = backstage_url
        self._calling_plugins = calling_plugins
        self._key_sets = key_sets
        self._metrics = metrics

    async def identify(self, request: web.Request) -> Caller:
        """Return who sent a request.

        Raises:
            RequestError: 401 without a good token, 403 for another machine, 503 when Backstage's keys are needed
                and cannot be had.
        """
        if self.is_open:
            self._require_loopback(request)
            return Caller("loopback")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise self._refuse("no bearer token")
        if self._is_static_token(token):
            return Caller("static-token")
        if self._backstage_url is None:
            raise self._refuse("token unknown")
        try:
            return await verify_plugin_token(
                token,
                backstage_url=self._backstage_url,
                calling_plugins=self._calling_plugins,
                key_sets=self._key_sets,
            )
        except TokenError as error:
            raise self._refuse(error.reason) from None
        except KeysUnavailableError:
            self._count("keys unavailable")
            raise RequestError(
                Failure.UNAVAILABLE,
                "the keys of Backstage cannot be fetched to check the token",
                headers={"Retry-After": "2"},
            ) from None

    def _is_static_token(self, token: str) -> bool:
        """Compare with every token, however early one matches, and only digests: time tells nothing about them."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._token_digests]
        return any(matches)

    def _require_loopback(self, request: web.Request) -> None:
        """Refuse other machines, what a proxy forwards for them, and pages that rebind a name to this machine."""
        is_forwarded = any(name in request.headers for name in _FORWARDING_HEADERS)
        if is_forwarded or not _is_loopback(request.remote) or not _names_this_machine(request.host):
            self._count("not loopback")
            raise RequestError(
                Failure.NOT_ALLOWED,
                "without tokens only callers on this machine are served",
                fix="start the service with --backstage-url or --token-file",
            )

    def _refuse(self, reason: str) -> RequestError:
        self._count(reason)
        return RequestError(
            Failure.UNAUTHENTICATED,
            reason,
            field="Authorization",
            headers={"WWW-Authenticate": 'Bearer realm="neuroscale"'},
        )

    def _count(self, reason: str) -> None:
        self._metrics.rejections.labels(reason).inc()
        log(logging.WARNING, "caller refused", reason=reason)


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address((address or "").partition("%")[0]).is_loopback
    except ValueError:
        return False


def _names_this_machine(host: str) -> bool:
    name = host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower() == "localhost" or _is_loopback(name)
