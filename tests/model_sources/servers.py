"""Real servers on the loopback address, each with an event loop in a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web


@contextmanager
def serving(application: web.Application, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on a free port while the context lasts, and give the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="server", daemon=True)
    thread.start()
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port: int = runner.addresses[0][1]
        return port

    async def stop() -> None:
        await runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def ranged(request: web.Request, content: bytes, headers: dict[str, str] | None = None) -> web.Response:
    """Answer a whole body or the part that is asked for, as file servers do."""
    asked = request.headers.get("Range")
    if asked is None:
        return web.Response(body=content, headers=headers)
    first, _, last = asked.removeprefix("bytes=").partition("-")
    begin, end = int(first), min(int(last), len(content) - 1)
    if begin >= len(content):
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    part = {"Content-Range": f"bytes {begin}-{end}/{len(content)}", **(headers or {})}
    return web.Response(status=206, body=content[begin : end + 1], headers=part)
