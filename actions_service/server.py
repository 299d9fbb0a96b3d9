"""The process: listen, say so, and leave without cutting anybody off."""

import asyncio
import logging
import signal
import sys

from aiohttp import web

from actions_service.application import make_application
from actions_service.context import CONTEXT
from actions_service.log import log
from actions_service.settings import Settings

# Longer than the idle timeout of usual clients, so that this side never closes a connection just being reused.
KEEP_ALIVE_SECONDS = 180.0
_HEADER_LIMIT_BYTES = 16 * 1024
_SHUTDOWN_SECONDS = 20.0

# The event loop waits this long for the interpreter behind every computing thread; at the default of 5 ms a listing
# takes ten times as long while all workers compute.
_THREAD_SWITCH_SECONDS = 0.0005


async def serve(settings: Settings, *, host: str, port: int, drain_seconds: float) -> None:
    """Serve until SIGTERM or SIGINT.

    SIGTERM drains: the service reports that it is not ready and asks clients to reconnect elsewhere, still
    answering, until load balancers have noticed. SIGINT, or a second signal, stops at once. Running actions are
    waited for in any case.
    """
    sys.setswitchinterval(_THREAD_SWITCH_SECONDS)
    application = make_application(settings)
    runner = web.AppRunner(
        application,
        access_log=None,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        max_field_size=_HEADER_LIMIT_BYTES,
    )
    terminated, interrupted = asyncio.Event(), asyncio.Event()

    def on_terminate() -> None:
        """Begin to drain, or end the drain that has begun."""
        if terminated.is_set():
            interrupted.set()
        terminated.set()

    def on_interrupt() -> None:
        """Stop without a drain."""
        interrupted.set()
        terminated.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, on_terminate)
    loop.add_signal_handler(signal.SIGINT, on_interrupt)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        for address in runner.addresses:
            log(logging.INFO, "listening", host=address[0], port=address[1])
        await terminated.wait()
        application[CONTEXT].is_draining = True
        log(logging.INFO, "draining", seconds=0 if interrupted.is_set() else drain_seconds)
        try:
            async with asyncio.timeout(drain_seconds):
                await interrupted.wait()
        except TimeoutError:
            pass
    finally:
        await runner.cleanup()
    log(logging.INFO, "stopped")
