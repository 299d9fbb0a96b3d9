"""An API server whose lists and watches a test scripts: for what a real one does too rarely to wait for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from neuroscale.cluster.connection import ApiConnection


@dataclass(slots=True)
class Resource:
    """One path of the API.

    Attributes:
        pages: What a list answers, page by page.
        status: HTTP status of lists.
        watch_status: HTTP status of watches.
        resource_version: Of the list.
        lists: How often it was listed from the start.
        watched_from: Resource versions that watches began at.
    """

    pages: list[list[dict[str, Any]]] = field(default_factory=lambda: [[]])
    status: int = 200
    watch_status: int = 200
    resource_version: str = "100"
    lists: int = 0
    watched_from: list[str] = field(default_factory=list)
    _lines: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)

    def send(self, kind: str, body: Mapping[str, Any]) -> None:
        """Give an event to the watch that runs or comes next."""
        self.send_raw(json.dumps({"type": kind, "object": body}).encode() + b"\n")

    def send_raw(self, line: bytes) -> None:
        self._lines.put_nowait(line)

    def end_watch(self) -> None:
        self._lines.put_nowait(None)

    async def next_line(self) -> bytes | None:
        return await self._lines.get()


class ScriptedApiServer:
    """Serves scripted resources; every path that is not scripted is a 404, as for a kind that is not installed."""

    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        resource = self.resources.get(request.path)
        if resource is None:
            return web.json_response({"kind": "Status", "code": 404}, status=404)
        if request.query.get("watch") == "true":
            return await self._watch(request, resource)
        page = int(request.query.get("continue", "0"))
        if page == 0:
            resource.lists += 1
        if resource.status != 200:
            return web.json_response({"kind": "Status", "code": resource.status}, status=resource.status)
        metadata = {"resourceVersion": resource.resource_version}
        if page + 1 < len(resource.pages):
            metadata["continue"] = str(page + 1)
        return web.json_response({"metadata": metadata, "items": resource.pages[page]})

    async def _watch(self, request: web.Request, resource: Resource) -> web.StreamResponse:
        resource.watched_from.append(request.query["resourceVersion"])
        if resource.watch_status != 200:
            status, resource.watch_status = resource.watch_status, 200
            return web.json_response({"kind": "Status", "code": status}, status=status)
        response = web.StreamResponse()
        await response.prepare(request)
        while (line := await resource.next_line()) is not None:
            await response.write(line)
        return response


@asynccontextmanager
async def scripted_api_server(
    read_token: Callable[[object], None] | None = None,
) -> AsyncIterator[tuple[ScriptedApiServer, ApiConnection]]:
    """Serve on a free port, with a connection to it that reads its token again before every call."""
    server = ScriptedApiServer()
    application = web.Application()
    application.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    configuration = Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}", api_key={"BearerToken": "t"})
    configuration.refresh_api_key_hook = read_token  # type: ignore[assignment]
    client = ApiClient(configuration)
    try:
        yield server, ApiConnection(client)
    finally:
        await client.close()  # type: ignore[no-untyped-call]
        await runner.cleanup()
