"""The plain HTTP port for the kubelet and Prometheus, apart from the TLS port."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from admission_webhook.metrics import ServiceMetrics

MAXIMUM_LOOP_LAG_SECONDS = 5.0
_LAG_SAMPLE_SECONDS = 0.5


class LoopLag:
    """How late the event loop wakes a task that sleeps: the one sign of life that does not depend on others."""

    def __init__(self, metrics: ServiceMetrics) -> None:
        self._metrics = metrics
        self.seconds = 0.0

    async def keep_measuring(self) -> None:
        """Measure for as long as the server runs."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LAG_SAMPLE_SECONDS
            await asyncio.sleep(_LAG_SAMPLE_SECONDS)
            self.seconds = max(0.0, loop.time() - due)
            self._metrics.loop_lag_seconds.set(self.seconds)


def create_health_application(
    metrics: ServiceMetrics, lag: LoopLag, unready_reasons: Callable[[], tuple[str, ...]]
) -> web.Application:
    """Make the application with /healthz, /readyz and /metrics.

    Args:
        metrics: What /metrics shows.
        lag: Judged by /healthz.
        unready_reasons: Why no review should be sent here now; empty when it should.
    """

    async def health(_request: web.Request) -> web.Response:
        """Tell whether the process should live on."""
        if lag.seconds > MAXIMUM_LOOP_LAG_SECONDS:
            return web.Response(status=503, text=f"event loop lags by {lag.seconds:.1f} s\n")
        return web.Response(text="ok\n")

    async def ready(_request: web.Request) -> web.Response:
        """Tell whether reviews should be sent here."""
        reasons = unready_reasons()
        return (
            web.Response(status=503, text="".join(f"{reason}\n" for reason in reasons))
            if reasons
            else web.Response(text="ok\n")
        )

    async def exposition(_request: web.Request) -> web.Response:
        """Show the metrics."""
        return web.Response(
            body=metrics.exposition(), headers={"Content-Type": "text/plain; version=1.0.0; charset=utf-8"}
        )

    application = web.Application()
    application.router.add_get("/healthz", health)
    application.router.add_get("/readyz", ready)
    application.router.add_get("/metrics", exposition)
    return application
