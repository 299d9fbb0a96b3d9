"""One webhook process from its settings to its exit."""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from admission_webhook.application import Webhook, WebhookLimits, WebhookState, create_application
from admission_webhook.certificates.live import LiveCertificate
from admission_webhook.certificates.pair import PairFiles
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.health import LoopLag, create_health_application
from admission_webhook.judgement import Judge, Knowledge
from admission_webhook.metrics import WebhookMetrics
from admission_webhook.server import Listener, drain, listen
from admission_webhook.structured_log import StructuredLog

DEFAULT_CERTIFICATE_POLL_SECONDS = 10.0
DEFAULT_DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Where the webhook listens and what it listens with.

    Attributes:
        host: Address of the TLS port.
        port: TLS port; 0 takes any free one.
        health_host: Address of the plain port.
        health_port: Plain port; 0 takes any free one.
        certificates: The pair to serve with.
        dns_names: Names the certificate must be valid for.
        certificate_poll_seconds: How often the files are compared.
        drain_seconds: How long connections are handed back before the listener closes.
        enforce: False turns every denial into a warning.
        version: Version of the rules.
        limits: What the process takes on.
    """

    host: str
    port: int
    health_host: str
    health_port: int
    certificates: PairFiles
    dns_names: tuple[str, ...]
    enforce: bool
    version: str
    certificate_poll_seconds: float = DEFAULT_CERTIFICATE_POLL_SECONDS
    drain_seconds: float = DEFAULT_DRAIN_SECONDS
    limits: WebhookLimits = field(default_factory=WebhookLimits)


@dataclass(frozen=True, slots=True)
class RunningService:
    """A webhook that listens.

    Attributes:
        reviews: The TLS port.
        health: The plain port.
        state: Whether it drains, and how much it does now.
    """

    reviews: Listener
    health: Listener
    state: WebhookState


@asynccontextmanager
async def running_service(
    settings: ServiceSettings,
    *,
    judge: Judge,
    known: Knowledge,
    view: ClusterView | None,
    metrics: WebhookMetrics,
    log: StructuredLog,
) -> AsyncIterator[RunningService]:
    """Serve while the context is open; leaving it drains.

    Raises:
        NeuroScaleError: The certificate cannot serve.
        OSError: A port cannot be bound.
    """
    state = WebhookState()
    certificate = LiveCertificate(settings.certificates, settings.dns_names, metrics, log)
    lag = LoopLag(metrics)
    metrics.in_flight.set_function(lambda: state.in_flight)

    def unready_reasons() -> tuple[str, ...]:
        """Name everything that keeps a review from being answered well."""
        reasons = list(view.unsynced()) if view is not None else []
        if not certificate.is_valid():
            reasons.append("certificate: not valid now")
        if state.draining:
            reasons.append("shutting down")
        return tuple(reasons)

    application = create_application(
        Webhook(
            judge=judge,
            known=known,
            metrics=metrics,
            log=log,
            state=state,
            limits=settings.limits,
            enforce=settings.enforce,
            version=settings.version,
        )
    )
    health_application = create_health_application(metrics, lag, unready_reasons)
    health = await listen(health_application, settings.health_host, settings.health_port, None)
    try:
        reviews = await listen(application, settings.host, settings.port, certificate.context)
        log.info("listening", port=reviews.port, health_port=health.port)
        poll = certificate.keep_polling(settings.certificate_poll_seconds)
        async with in_background(log, poll, lag.keep_measuring()):
            try:
                yield RunningService(reviews=reviews, health=health, state=state)
            finally:
                log.info("draining", seconds=settings.drain_seconds, in_flight=state.in_flight)
                await drain(state, reviews, settings.drain_seconds)
    finally:
        await health.runner.cleanup()
        log.info("stopped")


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM or SIGINT sets, instead of ending the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def in_background(log: StructuredLog, *work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless work while the context is open; work that ends by a bug is told at once, not at the end."""

    def tell(task: asyncio.Task[None]) -> None:
        """Log the bug that ended a task."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.bug("background-work-failed", error)

    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(tell)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
