"""`python -m admission_webhook`: the validating admission webhook."""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Unpack

import click
import uvloop
from prometheus_client import disable_created_metrics

from admission_webhook.application import WebhookLimits
from admission_webhook.certificates.pair import PairFiles
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.facts import KnownFacts, read_context
from admission_webhook.judgement import Knowledge
from admission_webhook.knowledge_options import (
    COMMAND_SETTINGS,
    FILE,
    KnowledgeArguments,
    KnowledgeSettings,
    knowledge_options,
    option,
)
from admission_webhook.live_policy import LivePolicy
from admission_webhook.metrics import WebhookMetrics, create_metrics
from admission_webhook.service import (
    DEFAULT_CERTIFICATE_POLL_SECONDS,
    DEFAULT_DRAIN_SECONDS,
    ServiceSettings,
    in_background,
    running_service,
    stop_on_signals,
)
from admission_webhook.structured_log import LogHandler, StructuredLog
from admission_webhook.warm_up import warm_up
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.errors import NeuroScaleError
from neuroscale.rules.judge import judge
from neuroscale.rules.policy import RulePolicy


@click.command(context_settings=COMMAND_SETTINGS)
@option("--host", default="127.0.0.1", help="Address of the TLS port.")
@option("--port", default=8443, type=click.IntRange(0, 65535), help="TLS port; 0 takes a free one.")
@option("--health-host", default="127.0.0.1", help="Address of the plain port.")
@option(
    "--health-port",
    default=8081,
    type=click.IntRange(0, 65535),
    help="Port of /healthz, /readyz and /metrics.",
)
@option("--certificate", type=FILE, required=True, help="PEM chain, the server's certificate first.")
@option("--key", type=FILE, required=True, help="PEM private key of the certificate.")
@option("--authority", type=FILE, help="PEM of the authorities, to report when they expire.")
@option(
    "--dns-name",
    "dns_names",
    envvar="NEUROSCALE_DNS_NAME",
    multiple=True,
    help="Name the certificate must have: <service>.<namespace>.svc.",
)
@option(
    "--certificate-poll-seconds",
    default=DEFAULT_CERTIFICATE_POLL_SECONDS,
    type=click.FloatRange(min=0.05),
    help="How often the files are compared with what is served.",
)
@option(
    "--drain-seconds",
    default=DEFAULT_DRAIN_SECONDS,
    type=click.FloatRange(min=0),
    help="How long connections are handed back after SIGTERM.",
)
@option(
    "--maximum-in-flight",
    default=64,
    type=click.IntRange(min=1),
    help="Reviews answered at once; one more gets 503.",
)
@option(
    "--mode",
    type=click.Choice(["enforce", "warn"]),
    default="enforce",
    help="warn turns every denial into a warning.",
)
@option(
    "--cluster/--no-cluster",
    default=True,
    help="Watch the cluster's runtimes, serving objects and nodes.",
)
@knowledge_options
def main(
    *,
    host: str,
    port: int,
    health_host: str,
    health_port: int,
    certificate: Path,
    key: Path,
    authority: Path | None,
    dns_names: tuple[str, ...],
    certificate_poll_seconds: float,
    drain_seconds: float,
    maximum_in_flight: int,
    mode: str,
    cluster: bool,
    **knowledge: Unpack[KnowledgeArguments],
) -> None:
    """Serve POST /validate for the API server, and health and metrics on a plain port.

    Exits with 0 after SIGTERM or SIGINT, with 2 when it cannot start.
    """
    log = StructuredLog(sys.stderr)
    logging.basicConfig(handlers=[LogHandler(log)], level=logging.WARNING, force=True)
    settings = ServiceSettings(
        host=host,
        port=port,
        health_host=health_host,
        health_port=health_port,
        certificates=PairFiles(certificate=certificate, key=key, authority=authority),
        dns_names=dns_names,
        enforce=mode == "enforce",
        version=version("neuroscale"),
        certificate_poll_seconds=certificate_poll_seconds,
        drain_seconds=drain_seconds,
        limits=WebhookLimits(maximum_in_flight=maximum_in_flight),
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, KnowledgeSettings(**knowledge), log, watches_cluster=cluster))
    except NeuroScaleError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"error: cannot listen: {error.strerror}", err=True)
        sys.exit(2)


async def _serve(
    settings: ServiceSettings, facts: KnowledgeSettings, log: StructuredLog, *, watches_cluster: bool
) -> None:
    stop = stop_on_signals()
    # When a series began helps nobody who reads these, and doubles their number.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    metrics = create_metrics()
    models, context = load_catalogue(), read_context(facts.context_paths)
    warm_up(judge, models)
    keys = read_public_keys(facts.profile_public_keys)
    policy = None if facts.policy is None else LivePolicy(facts.policy, metrics, log)
    polls = () if policy is None else (policy.keep_polling(),)
    async with (
        _cluster_view(facts, metrics, log, watches_cluster=watches_cluster) as view,
        in_background(log, *polls),
    ):
        known = Knowledge(
            KnownFacts(models, view, context, facts.kserve_version).about,
            keys,
            policy=RulePolicy if policy is None else policy.current,
        )
        async with running_service(settings, judge=judge, known=known, view=view, metrics=metrics, log=log):
            # What is loaded by now stays as long as the process: the collector need not walk it during a review.
            gc.collect()
            gc.freeze()
            await stop.wait()


@asynccontextmanager
async def _cluster_view(
    facts: KnowledgeSettings, metrics: WebhookMetrics, log: StructuredLog, *, watches_cluster: bool
) -> AsyncIterator[ClusterView | None]:
    if not watches_cluster:
        yield None
        return
    # The Kubernetes client takes tens of megabytes and a second to import, which a run without a cluster spares.
    from admission_webhook.cluster_view.informer import informers  # noqa: PLC0415
    from neuroscale.cluster.connection import connect  # noqa: PLC0415

    view = ClusterView(metrics, kserve_namespace=facts.kserve_namespace)
    async with (
        connect(facts.kubeconfig, "neuroscale-admission-webhook") as connection,
        in_background(log, *(each.run() for each in informers(connection, view, metrics, log))),
    ):
        yield view


if __name__ == "__main__":
    main()
