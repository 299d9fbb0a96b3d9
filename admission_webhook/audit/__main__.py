"""`python -m admission_webhook.audit`: the background audit of one cluster."""

import asyncio
import functools
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

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
from admission_webhook.live_policy import LivePolicy
from admission_webhook.server import listen
from admission_webhook.service import in_background, stop_on_signals
from admission_webhook.structured_log import LogHandler, StructuredLog
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.cluster.audit import DEFAULT_KSERVE_NAMESPACE
from neuroscale.errors import NeuroScaleError
from neuroscale.rules.judge import judge
from neuroscale.rules.policy import RulePolicy

USER_AGENT = "neuroscale-audit"
_FIX = "give --kubeconfig FILE, or run in a pod with a service account"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_option = functools.partial(click.option, show_envvar=True)


@dataclass(frozen=True, slots=True)
class _AuditSettings:
    health_host: str
    health_port: int
    kubeconfig: Path | None
    kserve_namespace: str
    kserve_version: str | None
    context: tuple[Path, ...]
    profile_public_keys: tuple[Path, ...]
    policy: Path | None
    writes_reports: bool
    pace: AuditPace


@click.command(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "NEUROSCALE",
        "show_default": True,
    }
)
@_option("--health-host", default="127.0.0.1", help="Address of the plain port.")
@_option(
    "--health-port",
    default=8081,
    type=click.IntRange(0, 65535),
    help="Port of /healthz, /readyz and /metrics; 0 takes a free one.",
)
@_option("--kubeconfig", type=_FILE, help="How to reach the cluster; without it the pod's service account is used.")
@_option("--kserve-namespace", default=DEFAULT_KSERVE_NAMESPACE, help="Where KServe keeps its presets.")
@_option("--kserve-version", help="Release of KServe in the cluster, e.g. 0.20.0.")
@_option(
    "--context",
    "context_paths",
    envvar="NEUROSCALE_CONTEXT",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Objects that are not judged but known: runtimes, nodes. A file or a directory.",
)
@_option(
    "--profile-public-key",
    "profile_public_keys",
    envvar="NEUROSCALE_PROFILE_PUBLIC_KEY",
    multiple=True,
    type=_FILE,
    help="PEM Ed25519 key whose signature on a model profile is trusted; without one every profile is believed.",
)
@_option(
    "--policy",
    type=_FILE,
    help="The platform's exceptions and severities: a RulePolicy. Read again when it changes.",
)
@_option(
    "--reports/--no-reports",
    default=False,
    help="Write the findings into the cluster as OpenReports.",
)
@_option(
    "--settle-seconds",
    default=AuditPace().settle_seconds,
    type=click.FloatRange(min=0.05),
    help="How often changes are looked for.",
)
@_option(
    "--interval-seconds",
    default=AuditPace().interval_seconds,
    type=click.FloatRange(min=1),
    help="After how long everything is judged anew.",
)
def main(
    *,
    health_host: str,
    health_port: int,
    kubeconfig: Path | None,
    kserve_namespace: str,
    kserve_version: str | None,
    context_paths: tuple[Path, ...],
    profile_public_keys: tuple[Path, ...],
    policy: Path | None,
    reports: bool,
    settle_seconds: float,
    interval_seconds: float,
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
        kubeconfig=kubeconfig,
        kserve_namespace=kserve_namespace,
        kserve_version=kserve_version,
        context=context_paths,
        profile_public_keys=profile_public_keys,
        policy=policy,
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

    metrics = create_audit_metrics()
    view = ClusterView(metrics, WATCHED_RESOURCES, settings.kserve_namespace)
    policy = None if settings.policy is None else LivePolicy(settings.policy, metrics, log)
    facts = KnownFacts(load_catalogue(), view, read_context(settings.context), settings.kserve_version)
    known = Knowledge(
        facts.about,
        read_public_keys(settings.profile_public_keys),
        policy=RulePolicy if policy is None else policy.current,
    )
    lag = LoopLag(metrics)
    polls = () if policy is None else (policy.keep_polling(),)
    async with connect(settings.kubeconfig, USER_AGENT, fix=_FIX) as connection:
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
