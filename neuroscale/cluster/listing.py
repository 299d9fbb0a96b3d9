"""Lists of a resource, page by page, with only what bears on the rules kept of each page."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuroscale.cluster.connection import ApiConnection, ApiStatusError
from neuroscale.cluster.resources import ClusterResource, bears_on_rules, kept_object
from neuroscale.manifests.object import ManifestObject

PAGE_OBJECTS = 500
_GONE = 410
_BUSY = frozenset({429, 500, 502, 503, 504})
_TRIES = 4
_FIRST_WAIT_SECONDS = 0.5


class MissingResourceError(Exception):
    """The cluster has no such resource: its kind is not installed."""


@dataclass(frozen=True, slots=True)
class ListedResource:
    """What one resource held.

    Attributes:
        objects: Those that bear on the rules.
        read_objects: How many there were in all.
    """

    objects: tuple[ManifestObject, ...]
    read_objects: int


async def list_resource(
    connection: ApiConnection, resource: ClusterResource, namespace: str = "", label_selector: str = ""
) -> ListedResource:
    """List a resource of one namespace, or of all when it is "", at the first version that is served.

    A list whose place the API server has forgotten begins anew, and one that a busy API server turned away is asked
    for again, a few times each.

    Raises:
        MissingResourceError: No version is served.
        ApiStatusError: The API server answered with another error.
        aiohttp.ClientError, TimeoutError, OSError, ValueError: It could not be reached, or answered no JSON.
    """
    for version in resource.versions:
        try:
            return await _list_anew(connection, resource, version, namespace, label_selector)
        except ApiStatusError as error:
            if error.status != 404:
                raise
    raise MissingResourceError


async def read_object(
    connection: ApiConnection, resource: ClusterResource, namespace: str, name: str
) -> ManifestObject | None:
    """Read one object by name, None when there is none of that name.

    Raises:
        ApiStatusError: The API server answered with another error.
        aiohttp.ClientError, TimeoutError, OSError, ValueError: As `list_resource` does.
    """
    version = resource.versions[0]
    try:
        body = await _get(connection, f"{resource.path(version, namespace)}/{name}", {})
    except ApiStatusError as error:
        if error.status == 404:
            return None
        raise
    return kept_object(resource, version, body)


async def _list_anew(
    connection: ApiConnection, resource: ClusterResource, version: str, namespace: str, label_selector: str
) -> ListedResource:
    for attempt in range(_TRIES):
        try:
            return await _list_version(connection, resource, version, namespace, label_selector)
        except ApiStatusError as error:
            if error.status != _GONE or attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


async def _list_version(
    connection: ApiConnection, resource: ClusterResource, version: str, namespace: str, label_selector: str
) -> ListedResource:
    objects: list[ManifestObject] = []
    read = 0
    query = {"limit": str(PAGE_OBJECTS)}
    if label_selector:
        query["labelSelector"] = label_selector
    while True:
        page = await _get(connection, resource.path(version, namespace), query)
        items = page.get("items")
        for item in items if isinstance(items, list) else ():
            read += 1
            manifest = kept_object(resource, version, item)
            if manifest is not None and bears_on_rules(manifest):
                objects.append(manifest)
        metadata = page.get("metadata") or {}
        if not metadata.get("continue"):
            return ListedResource(tuple(objects), read)
        query["continue"] = metadata["continue"]


async def _get(connection: ApiConnection, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    for attempt in range(_TRIES):
        try:
            return await connection.get(path, query)
        except ApiStatusError as error:
            if error.status not in _BUSY or attempt == _TRIES - 1:
                raise
        await asyncio.sleep(_FIRST_WAIT_SECONDS * 2**attempt)
    raise AssertionError("unreachable")
