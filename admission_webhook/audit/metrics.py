"""What the background audit measures, in a registry of its own."""

from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import generate_latest

from admission_webhook.metrics import Instruments
from neuroscale.rules.finding import Finding

MAXIMUM_NAMESPACES = 200
OTHER_NAMESPACES = "(other)"


@dataclass(frozen=True, slots=True)
class AuditMetrics:
    """The instruments of one audit process."""

    registry: CollectorRegistry
    findings: Gauge
    objects: Gauge
    unread_objects: Gauge
    last_audit: Gauge
    seconds: Gauge
    excepted_findings: Gauge
    exception_expiry: Gauge
    policy_loads: Counter
    reports: Counter
    loop_lag_seconds: Gauge
    view_objects: Gauge
    view_synced: Gauge
    view_last_event: Gauge
    view_failures: Counter

    def exposition(self) -> bytes:
        """Return all instruments in Prometheus text format."""
        return generate_latest(self.registry)


def create_audit_metrics() -> AuditMetrics:
    """Make a fresh set of instruments."""
    make = Instruments("neuroscale_audit_")
    return AuditMetrics(
        registry=make.registry,
        findings=make.gauge("findings", "Findings that stand now.", "rule", "severity", "namespace"),
        objects=make.gauge("objects", "Objects that were judged.", "kind"),
        unread_objects=make.gauge("unread_objects", "Objects that could not be judged.", "kind"),
        last_audit=make.gauge(
            "last_success_timestamp_seconds", "Unix time at which every finding was last known to stand."
        ),
        seconds=make.gauge("last_duration_seconds", "How long the last audit that judged something took."),
        excepted_findings=make.gauge(
            "excepted_findings", "Findings that an exception sets aside now.", "rule", "objects", "owner"
        ),
        reports=make.counter("reports", "Reports written, deleted or failed.", "result"),
        **make.shared(),
    )


def show_findings(metrics: AuditMetrics, findings: Iterable[Finding]) -> None:
    """Show how many findings stand, by rule, severity and namespace.

    The namespaces with the most findings have series of their own; the rest share one name: the number of series is
    bounded, whatever the size of the cluster.
    """
    tally = Tally((each.rule, each.severity.value, each.manifest.namespace) for each in findings)
    by_namespace = Tally[str]()
    for (_, _, namespace), number in tally.items():
        by_namespace[namespace] += number
    ranked = sorted(by_namespace, key=lambda namespace: (-by_namespace[namespace], namespace))
    shown = frozenset(ranked[:MAXIMUM_NAMESPACES])
    metrics.findings.clear()
    for (rule, severity, namespace), number in tally.items():
        metrics.findings.labels(rule, severity, namespace if namespace in shown else OTHER_NAMESPACES).inc(number)
