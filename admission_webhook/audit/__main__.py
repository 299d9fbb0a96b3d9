"""`python -m admission_webhook.audit`: the background audit of one cluster."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Unpack

import click
import uvloop
from prometheus_client import disable_created_metrics

from admission_webhook.audit.auditor import Auditor, AuditPace, Publish
from admission_webhook.audit.metrics import create_audit_metrics
from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.facts import KnownFacts, read_context
from admission_webhook.health import LoopLag, create_health_application
from admission_webhook.judgement import Knowledge
from admission_webhook.knowledge_options import (
    COMMAND_SETTINGS,
    KnowledgeArguments,
    KnowledgeSettings,
    knowledge_options,
    option,
)
from admission_webhook.live_policy import LivePolicy
from admission_webhook.server import listen
from admission_webhook.service import in_background, stop_on_signals
from admission_webhook.structured_log import LogHandler, StructuredLog
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.errors import NeuroScaleError
from neuroscale.rules.judge import judge
from neuroscale.rules.policy import RulePolicy

USER_AGENT = "neuroscale-audit"
_FIX = "give --kubeconfig FILE, or run in a pod with a service account"


@dataclass(frozen=True, slots=True)
class _AuditSettings:
    health_host: str
    health_port: int
    knowledge: KnowledgeSettings
    writes_reports: bool
    pace: AuditPace


@click.command(context_settings=COMMAND_SETTINGS)
@option("--health-host", default="127.0.0.1", help="Address of the plain port.")
@option(
    "--health-port",
    default=8081,
    type=click.IntRange(0, 65535),
    help="Port of /healthz, /readyz and /metrics; 0 takes a free one.",
)
@knowledge_options
@option(
    "--reports/--no-reports",
    default=False,
    help="Write the findings into the cluster as OpenReports.",
)
@option(
    "--settle-seconds",
    default=AuditPace().settle_seconds,
    type=click.FloatRange(min=0.05),
    help="How often changes are looked for.",
)
@option(
    "--interval-seconds",
    default=AuditPace().interval_seconds,
    type=click.FloatRange(min=1),
    help="After how long everything is judged anew.",
)
def main(
    *,
    health_host: str,
    health_port: int,
    reports: bool,
    settle_seconds: float,
    interval_seconds: float,
    **knowledge: Unpack[KnowledgeArguments],
) -> None:
    """Judge what a cluster holds, soon after it changed and now and then, and show the findings as metrics.

    One process is enough, and two would write the same reports: run one replica. Exits with 0 after SIGTERM or
    SIGINT, with 2 when it cannot start.
    """
    log = StructuredLog(sys.stderr)
    logging.basicConfig(handlers=[LogHandler(log)], level=logging.WARNING, force=True)
    settings = _AuditSettings(
        health_host=health_host,
        health_port=health_port,
        knowledge=KnowledgeSettings(**knowledge),
        writes_reports=reports,
        pace=AuditPace(settle_seconds, interval_seconds),
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, log))
    except NeuroScaleError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"error: cannot listen: {error.strerror}", err=True)
        sys.exit(2)


async def _serve(settings: _AuditSettings, log: StructuredLog) -> None:
    stop = stop_on_signals()
    # When a series began helps nobody who reads these, and doubles their number.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    async with _auditing(settings, log) as port:
        log.info("auditing", health_port=port)
        await stop.wait()
    log.info("stopped")


@asynccontextmanager
async def _auditing(settings: _AuditSettings, log: StructuredLog) -> AsyncIterator[int]:
    from admission_webhook.audit.publishing import ReportPublisher  # noqa: PLC0415 - with the client, see below
    from admission_webhook.cluster_view.informer import informers  # noqa: PLC0415
    from neuroscale.cluster.connection import connect  # noqa: PLC0415 - takes a second, which --help is spared

    given, metrics = settings.knowledge, create_audit_metrics()
    view = ClusterView(metrics, WATCHED_RESOURCES, given.kserve_namespace)
    policy = None if given.policy is None else LivePolicy(given.policy, metrics, log)
    facts = KnownFacts(load_catalogue(), view, read_context(given.context_paths), given.kserve_version)
    known = Knowledge(
        facts.about,
        read_public_keys(given.profile_public_keys),
        policy=RulePolicy if policy is None else policy.current,
    )
    lag = LoopLag(metrics)
    polls = () if policy is None else (policy.keep_polling(),)
    async with connect(given.kubeconfig, USER_AGENT, fix=_FIX) as connection:
        publish: Publish | None = None
        if settings.writes_reports:
            publish = ReportPublisher(connection, metrics, log).publish
        auditor = Auditor(
            view, judge=judge, known=known, metrics=metrics, log=log, pace=settings.pace, publish=publish
        )
        application = create_health_application(metrics, lag, view.unsynced)
        health = await listen(application, settings.health_host, settings.health_port, None)
        work = (each.run() for each in informers(connection, view, metrics, log))
        try:
            async with in_background(log, lag.keep_measuring(), auditor.keep_auditing(), *polls, *work):
                yield health.port
        finally:
            await health.runner.cleanup()


if __name__ == "__main__":
    main()
