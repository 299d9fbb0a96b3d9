"""Public keys of Backstage's plugins, fetched when they are needed and kept."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import jwt

from actions_service.metrics import Metrics

FETCH_TIMEOUT_SECONDS = 3.0
KEEP_SECONDS = 3600.0
FORCED_RELOADS = 10
FORCED_RELOAD_WINDOW_SECONDS = 60.0
PAUSE_AFTER_FAILURE_SECONDS = 2.0
_BODY_LIMIT_BYTES = 256 * 1024


class KeysUnavailableError(Exception):
    """The keys could not be fetched, so nothing can be said about a token."""


@dataclass(slots=True)
class _KeySet:
    """The keys of one address and when they were asked for."""

    keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict)
    fetched_at: float | None = None
    failed_at: float | None = None
    forced_reloads: deque[float] = field(default_factory=deque)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_fresh(self) -> bool:
        """Tell whether the keys were fetched recently enough to be believed."""
        return self.fetched_at is not None and time.monotonic() - self.fetched_at < KEEP_SECONDS


class KeySets:
    """Key sets by address.

    Signing keys rotate, and are lost when Backstage restarts on an in-memory database: an unknown key id forces
    a reload, at most FORCED_RELOADS times a minute for each address, so that forged ids cannot be turned into
    load on Backstage. An address that failed is left alone for a moment; keys already known stay good.
    """

    def __init__(self, session: aiohttp.ClientSession, metrics: Metrics) -> None:
        self._session = session
        self._metrics = metrics
        self._sets: dict[str, _KeySet] = {}

    async def find(self, url: str, key_id: str) -> jwt.PyJWK | None:
        """Return the key with an id, or None when the address does not publish it.

        Raises:
            KeysUnavailableError: No keys are known for the address and it does not answer.
        """
        key_set = self._sets.setdefault(url, _KeySet())
        # A known key never waits for the fetch that an unknown one has started.
        if key_id in key_set.keys and key_set.is_fresh():
            return key_set.keys[key_id]
        async with key_set.lock:
            now = time.monotonic()
            is_fresh = key_set.is_fresh()
            if key_id in key_set.keys and is_fresh:
                return key_set.keys[key_id]
            if key_set.failed_at is not None and now - key_set.failed_at < PAUSE_AFTER_FAILURE_SECONDS:
                return _known_or_unavailable(key_set, key_id)
            if is_fresh and not _may_force_reload(key_set, now):
                return None
            try:
                key_set.keys = await self._fetch(url)
            except (aiohttp.ClientError, TimeoutError, ValueError):
                self._metrics.key_fetches.labels("failed").inc()
                key_set.failed_at = time.monotonic()
                return _known_or_unavailable(key_set, key_id)
            self._metrics.key_fetches.labels("ok").inc()
            key_set.fetched_at = time.monotonic()
            key_set.failed_at = None
            return key_set.keys.get(key_id)

    async def _fetch(self, url: str) -> dict[str, jwt.PyJWK]:
        timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_SECONDS)
        async with self._session.get(url, timeout=timeout, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            body = await response.content.read(_BODY_LIMIT_BYTES)
            # read() may return early; a key set that does not end here is over the limit or cut off.
            while chunk := await response.content.read(_BODY_LIMIT_BYTES):
                body += chunk
                if len(body) > _BODY_LIMIT_BYTES:
                    raise ValueError("key set too large")
        return _read_key_set(body)


def _known_or_unavailable(key_set: _KeySet, key_id: str) -> jwt.PyJWK | None:
    if key_set.fetched_at is None:
        raise KeysUnavailableError
    return key_set.keys.get(key_id)


def _may_force_reload(key_set: _KeySet, now: float) -> bool:
    while key_set.forced_reloads and now - key_set.forced_reloads[0] >= FORCED_RELOAD_WINDOW_SECONDS:
        key_set.forced_reloads.popleft()
    if len(key_set.forced_reloads) >= FORCED_RELOADS:
        return False
    key_set.forced_reloads.append(now)
    return True


def _read_key_set(body: bytes) -> dict[str, jwt.PyJWK]:
    """Return the ES256 keys of a JSON Web Key Set by id; keys for anything else are passed over."""
    document = json.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, jwt.PyJWK] = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        key_id = entry.get("kid")
        if not isinstance(key_id, str) or entry.get("kty") != "EC" or entry.get("crv") != "P-256":
            continue
        try:
            keys[key_id] = jwt.PyJWK(entry, algorithm="ES256")
        except jwt.PyJWTError:
            continue
    return keys
