"""Listening, and leaving without a failed call.

The API server reuses an idle connection for 90 seconds and does not repeat a POST: a server that closes first, or
stops with connections open, makes a call fail. Hence a longer keep-alive than its own, and a drain that hands every
connection back with an answer before the listener goes.
"""

import asyncio
import ssl
from dataclasses import dataclass

from aiohttp import web

from admission_webhook.application import WebhookState

KEEP_ALIVE_SECONDS = 120.0
FINISH_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Listener:
    """An application that listens.

    Attributes:
        runner: Owns the connections.
        port: The port that was bound, also when any free port was asked for.
    """

    runner: web.AppRunner
    port: int


async def listen(application: web.Application, host: str, port: int, context: ssl.SSLContext | None) -> Listener:
    """Start to listen, with TLS when a context is given.

    Raises:
        OSError: The address cannot be bound.
    """
    runner = web.AppRunner(
        application,
        access_log=None,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        shutdown_timeout=FINISH_SECONDS,
        lingering_time=1.0,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=context, backlog=1024).start()
    except OSError:
        await runner.cleanup()
        raise
    return Listener(runner=runner, port=int(runner.addresses[0][1]))


async def drain(state: WebhookState, reviews: Listener, seconds: float) -> None:
    """Leave: not ready any more, hand connections back with their answers, stop accepting, finish what runs.

    Args:
        state: Read by the readiness check and by the application.
        reviews: Where reviews arrive.
        seconds: How long connections are handed back; endpoints of a Service need a few seconds to forget a pod.
    """
    state.draining = True
    await asyncio.sleep(seconds)
    await reviews.runner.cleanup()
