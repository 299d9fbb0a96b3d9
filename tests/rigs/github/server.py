"""Serves the API on a free loopback port, in a thread with an event loop of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from tests.rigs.github.api import GitHub, application


@dataclass(frozen=True, slots=True)
class GitHubServer:
    """A running API.

    Attributes:
        url: Root of the server, without a trailing slash; the REST API is at ``/api/v3``.
        github: What it serves.
    """

    url: str
    github: GitHub


@contextmanager
def serving(github: GitHub, port: int = 0) -> Iterator[GitHubServer]:
    """Serve ``github`` until the context ends; port 0 takes a free one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="github-api", daemon=True)
    thread.start()
    runner = web.AppRunner(application(github), access_log=None)
    try:
        bound = asyncio.run_coroutine_threadsafe(_start(runner, port), loop).result()
        yield GitHubServer(f"http://127.0.0.1:{bound}", github)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(runner: web.AppRunner, port: int) -> int:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    address: tuple[str, int] = runner.addresses[0]
    return address[1]
