"""The connection to the API server: one client for the process, and its answers as plain JSON.

The client's model classes are not used for lists and watches: turning every answer into them costs more memory and
time than the answers themselves.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from yaml import YAMLError

from neuroscale.errors import InvalidInputError

LIST_SECONDS = 60.0
# Added to the time after which the API server ends a watch, so that a connection that went silent is noticed.
WATCH_GRACE_SECONDS = 30.0

_APPLY = "application/apply-patch+yaml"
_FIX = "give --kubeconfig FILE, run in a pod with a service account, or give --no-cluster"


class ApiStatusError(Exception):
    """The API server answered with an error status.

    Attributes:
        status: The HTTP status, or the code of a watch's error event.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"HTTP {status} {reason}".rstrip())
        self.status = status


class ApiConnection:
    """Reads from one API server, and writes what it is told to."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @property
    def server(self) -> str:
        """Address of the API server."""
        return str(self._client.configuration.host)

    async def get(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Read a JSON object.

        Raises:
            ApiStatusError: The API server answered with an error.
            aiohttp.ClientError, TimeoutError: It could not be reached.
            ValueError: The answer is no JSON object.
        """
        async with self._open(path, query, aiohttp.ClientTimeout(total=LIST_SECONDS)) as response:
            return _object(await response.read())

    async def apply(self, path: str, body: Mapping[str, Any], field_manager: str) -> Mapping[str, Any]:
        """Create an object or make it what is given, by server-side apply; what others hold of it is taken over.

        Raises:
            ApiStatusError, aiohttp.ClientError, TimeoutError, ValueError: As `get` does.
        """
        query = {"fieldManager": field_manager, "force": "true"}
        limits = aiohttp.ClientTimeout(total=LIST_SECONDS)
        async with self._open(path, query, limits, method="PATCH", content_type=_APPLY, body=body) as response:
            return _object(await response.read())

    async def delete(self, path: str) -> None:
        """Delete an object.

        Raises:
            ApiStatusError, aiohttp.ClientError, TimeoutError: As `get` does.
        """
        async with self._open(path, {}, aiohttp.ClientTimeout(total=LIST_SECONDS), method="DELETE"):
            return

    async def stream(
        self, path: str, query: Mapping[str, str], seconds: int
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """Read a watch: JSON objects, one a line, until the API server ends it.

        Raises:
            ApiStatusError, aiohttp.ClientError, TimeoutError, ValueError: As `get` does.
        """
        limits = aiohttp.ClientTimeout(total=seconds + WATCH_GRACE_SECONDS)
        async with self._open(path, {**query, "timeoutSeconds": str(seconds)}, limits) as response:
            pending = bytearray()
            async for chunk in response.content.iter_any():
                pending += chunk
                *lines, rest = pending.split(b"\n")
                pending = rest
                for line in lines:
                    if line.strip():
                        yield _object(bytes(line))

    @asynccontextmanager
    async def _open(
        self,
        path: str,
        query: Mapping[str, str],
        limits: aiohttp.ClientTimeout,
        *,
        method: str = "GET",
        content_type: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Accept": "application/json"} | ({} if content_type is None else {"Content-Type": content_type})
        verb, url, headers, sent, _ = await self._client.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = await self._client.call_api(verb, url, header_params=headers, body=sent, _request_timeout=limits)
        response: aiohttp.ClientResponse = answer.response
        try:
            if response.status not in {200, 201, 202}:
                raise ApiStatusError(response.status, response.reason or "")
            yield response
        finally:
            # A watch that is left early must not be read to its end.
            response.close()


@asynccontextmanager
async def connect(
    kubeconfig: Path | None, user_agent: str, *, context: str | None = None, fix: str = _FIX
) -> AsyncIterator[ApiConnection]:
    """Connect as a kubeconfig says, or with the service account of the pod when none is given.

    Args:
        kubeconfig: The file; None for the service account.
        user_agent: How the API server's audit log names us.
        context: Context of the kubeconfig; None takes its current one.
        fix: What the user can do about a configuration that cannot be used.

    Raises:
        InvalidInputError: The configuration cannot be used.
    """
    configuration = Configuration()
    try:
        if kubeconfig is not None:
            await load_kube_config(  # type: ignore[no-untyped-call]
                config_file=str(kubeconfig),
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
        else:
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError, YAMLError, LookupError, TypeError, ValueError, AttributeError) as error:
        # The client walks a kubeconfig as if it were well formed: one that is not ends in any of these.
        raise InvalidInputError(
            f"cannot connect to the cluster: {error}" if kubeconfig is None else "is not a usable kubeconfig",
            field="--kubeconfig" if kubeconfig is None else str(kubeconfig),
            fix=fix,
        ) from error
    client = ApiClient(configuration)
    client.user_agent = user_agent
    try:
        yield ApiConnection(client)
    finally:
        await client.close()  # type: ignore[no-untyped-call]


def _object(line: bytes) -> Mapping[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for everything that is no answer
    return value
