"""Keeping one resource in memory: list, then watch from where the list ended, and list again when that is lost.

See https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.
"""

import asyncio
import random
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import aiohttp

from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.metrics import ViewMetrics
from admission_webhook.structured_log import StructuredLog
from neuroscale.cluster.connection import ApiConnection, ApiStatusError
from neuroscale.cluster.resources import ClusterResource, bears_on_rules, kept_object
from neuroscale.manifests.object import ManifestObject

_LIST_PAGE_OBJECTS = 500
_GONE = 410


@dataclass(frozen=True, slots=True)
class Pace:
    """How an informer waits.

    Attributes:
        first_retry_seconds: Wait after the first failure; doubled after each further one.
        longest_retry_seconds: Where doubling ends.
        missing_seconds: Wait before a resource that the cluster does not have is looked for again.
        watch_seconds: Shortest and longest time after which the API server is asked to end a watch.
    """

    first_retry_seconds: float = 0.5
    longest_retry_seconds: float = 30.0
    missing_seconds: float = 60.0
    watch_seconds: tuple[int, int] = (240, 480)


@dataclass(frozen=True, slots=True)
class _Listed:
    version: str
    resource_version: str


class _MissingError(Exception):
    """The cluster has no such resource."""


class _ExpiredError(Exception):
    """The watch can no longer continue from its resource version."""


class Informer:
    """Keeps one resource of a view up to date."""

    def __init__(
        self,
        resource: ClusterResource,
        *,
        connection: ApiConnection,
        view: ClusterView,
        metrics: ViewMetrics,
        log: StructuredLog,
        pace: Pace,
    ) -> None:
        self._resource = resource
        self._connection = connection
        self._view = view
        self._metrics = metrics
        self._log = log
        self._pace = pace
        self._failures = 0

    async def run(self) -> None:
        """List and watch for as long as the process runs; every failure is retried."""
        while True:
            try:
                listed = await self._list()
                self._failures = 0
                await self._watch(listed)
            except _ExpiredError:
                self._log.info("watch-expired", resource=self._resource.plural)
                await asyncio.sleep(self._pace.first_retry_seconds * random.random())  # noqa: S311 - spreads load
            except _MissingError:
                # A kind that the cluster does not know has no objects: that is an answer, not a failure.
                self._view.replace(self._resource, ())
                self._log.info("resource-missing", resource=self._resource.plural)
                await asyncio.sleep(self._pace.missing_seconds)
            except (ApiStatusError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                await self._back_off(error)
            except Exception as error:  # noqa: BLE001 - a view that stopped for good would look as if it were up to date
                self._log.bug("informer-failed", error)
                await self._back_off(error)

    async def _list(self) -> _Listed:
        for version in self._resource.versions:
            try:
                return await self._list_version(version)
            except ApiStatusError as error:
                if error.status == _GONE:
                    raise _ExpiredError from error
                if error.status != 404:
                    raise
        raise _MissingError

    async def _list_version(self, version: str) -> _Listed:
        objects: list[ManifestObject] = []
        query = {"limit": str(_LIST_PAGE_OBJECTS)}
        while True:
            page = await self._connection.get(self._resource.path(version), query)
            items = page.get("items")
            for item in items if isinstance(items, list) else ():
                manifest = kept_object(self._resource, version, item)
                if manifest is not None and bears_on_rules(manifest):
                    objects.append(manifest)
            metadata = page.get("metadata") or {}
            if not metadata.get("continue"):
                self._view.replace(self._resource, objects)
                self._log.info(
                    "resource-listed", resource=self._resource.plural, version=version, objects=len(objects)
                )
                return _Listed(version=version, resource_version=str(metadata.get("resourceVersion", "")))
            query["continue"] = metadata["continue"]

    async def _watch(self, listed: _Listed) -> None:
        resource_version = listed.resource_version
        while True:
            query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": resource_version}
            seconds = random.randint(*self._pace.watch_seconds)  # noqa: S311 - spreads load, guards nothing
            try:
                path = self._resource.path(listed.version)
                async with aclosing(self._connection.stream(path, query, seconds)) as events:
                    async for event in events:
                        resource_version = self._apply(listed.version, event) or resource_version
                        self._failures = 0
            except ApiStatusError as error:
                if error.status in {_GONE, 404}:
                    raise _ExpiredError from error
                await self._back_off(error)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                # The place in the stream is still good: watching on from it saves the cluster a list.
                await self._back_off(error)

    def _apply(self, version: str, event: Mapping[str, Any]) -> str | None:
        body = event.get("object")
        if not isinstance(body, Mapping):
            raise ValueError("a watch event without an object")  # noqa: TRY004 - one error for a broken stream
        kind = event.get("type")
        if kind == "ERROR":
            if body.get("code") == _GONE:
                raise _ExpiredError
            raise ApiStatusError(int(body.get("code") or 500), str(body.get("reason") or ""))
        metadata = body.get("metadata") or {}
        if kind == "BOOKMARK":
            self._view.touch(self._resource)
        else:
            manifest = kept_object(self._resource, version, body)
            if manifest is not None and kind in {"ADDED", "MODIFIED"} and bears_on_rules(manifest):
                self._view.put(self._resource, manifest)
            elif manifest is not None and kind in {"ADDED", "MODIFIED", "DELETED"}:
                self._view.remove(self._resource, manifest)
        resource_version = metadata.get("resourceVersion")
        return resource_version if isinstance(resource_version, str) else None

    async def _back_off(self, error: Exception) -> None:
        self._failures += 1
        self._metrics.view_failures.labels(self._resource.plural).inc()
        reason = str(error) if isinstance(error, ApiStatusError) else type(error).__name__
        self._view.report_trouble(self._resource, reason)
        self._log.warning("watch-failed", resource=self._resource.plural, reason=reason, failures=self._failures)
        longest = min(
            self._pace.first_retry_seconds * 2 ** min(self._failures - 1, 16), self._pace.longest_retry_seconds
        )
        await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing


def informers(
    connection: ApiConnection,
    view: ClusterView,
    metrics: ViewMetrics,
    log: StructuredLog,
    pace: Pace | None = None,
) -> tuple[Informer, ...]:
    """Make an informer for each resource of the view."""
    return tuple(
        Informer(resource, connection=connection, view=view, metrics=metrics, log=log, pace=pace or Pace())
        for resource in view.resources
    )
