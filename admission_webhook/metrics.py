"""What the webhook counts and measures, in a registry of its own."""

from dataclasses import dataclass, field
from typing import Protocol, TypedDict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

# The API server's own histogram starts at 5 ms; the two lower buckets show what happens below its first.
LATENCY_BUCKETS_SECONDS = (0.001, 0.002, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0, 25.0)


class ServiceMetrics(Protocol):
    """What every process of ours shows of itself."""

    @property
    def loop_lag_seconds(self) -> Gauge:
        """How late the event loop last woke a sleeping task."""

    def exposition(self) -> bytes:
        """Return all instruments in Prometheus text format."""


class ViewMetrics(Protocol):
    """What is shown of the cluster in memory."""

    @property
    def view_objects(self) -> Gauge:
        """Objects held, by resource."""

    @property
    def view_synced(self) -> Gauge:
        """1 when a resource was listed once."""

    @property
    def view_last_event(self) -> Gauge:
        """Unix time at which the API server was last heard about a resource."""

    @property
    def view_failures(self) -> Counter:
        """Lists and watches that ended in an error, by resource."""


class PolicyMetrics(Protocol):
    """What is shown of the platform's policy."""

    @property
    def excepted_findings(self) -> Counter | Gauge:
        """Findings that an exception set aside, by exception."""

    @property
    def exception_expiry(self) -> Gauge:
        """Unix time at which an exception expires."""

    @property
    def policy_loads(self) -> Counter:
        """Policies taken or refused."""


@dataclass(frozen=True, slots=True)
class WebhookMetrics:
    """The instruments of one webhook process."""

    registry: CollectorRegistry
    reviews: Counter
    review_seconds: Histogram
    judge_seconds: Histogram
    findings: Counter
    in_flight: Gauge
    failures: Counter
    excepted_findings: Counter
    exception_expiry: Gauge
    policy_loads: Counter
    certificate_expiry: Gauge
    certificate_loads: Counter
    loop_lag_seconds: Gauge
    view_objects: Gauge
    view_synced: Gauge
    view_last_event: Gauge
    view_failures: Counter

    def exposition(self) -> bytes:
        """Return all instruments in Prometheus text format."""
        return generate_latest(self.registry)


class SharedInstruments(TypedDict):
    """The instruments of the event loop, of the policy and of the cluster in memory."""

    exception_expiry: Gauge
    policy_loads: Counter
    loop_lag_seconds: Gauge
    view_objects: Gauge
    view_synced: Gauge
    view_last_event: Gauge
    view_failures: Counter


@dataclass(frozen=True, slots=True)
class Instruments:
    """Makes the instruments of one process.

    Attributes:
        prefix: What all their names begin with.
        registry: Where they are kept.
    """

    prefix: str
    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=True))

    def counter(self, name: str, help_text: str, *labels: str) -> Counter:
        """Make a counter."""
        return Counter(f"{self.prefix}{name}", help_text, labels, registry=self.registry)

    def gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        """Make a gauge."""
        return Gauge(f"{self.prefix}{name}", help_text, labels, registry=self.registry)

    def histogram(self, name: str, help_text: str, *labels: str) -> Histogram:
        """Make a histogram of latencies."""
        return Histogram(
            f"{self.prefix}{name}", help_text, labels, registry=self.registry, buckets=LATENCY_BUCKETS_SECONDS
        )

    def shared(self) -> SharedInstruments:
        """Make the instruments that every process of ours has, under the names of their fields."""
        return {
            "exception_expiry": self.gauge(
                "exception_expiry_timestamp_seconds",
                "Unix time at which an exception expires.",
                "rule",
                "objects",
                "owner",
            ),
            "policy_loads": self.counter("policy_loads", "Policies taken or refused.", "result"),
            "loop_lag_seconds": self.gauge(
                "event_loop_lag_seconds", "How late the event loop last woke a sleeping task."
            ),
            "view_objects": self.gauge("cluster_view_objects", "Objects held in memory.", "resource"),
            "view_synced": self.gauge("cluster_view_synced", "1 when a resource was listed once.", "resource"),
            "view_last_event": self.gauge(
                "cluster_view_last_event_timestamp_seconds",
                "Unix time of the last list, event or bookmark.",
                "resource",
            ),
            "view_failures": self.counter(
                "cluster_view_failures", "Lists and watches that ended in an error.", "resource"
            ),
        }


def create_metrics() -> WebhookMetrics:
    """Make a fresh set of instruments."""
    make = Instruments("neuroscale_webhook_")
    return WebhookMetrics(
        registry=make.registry,
        reviews=make.counter("reviews", "Reviews answered.", "kind", "operation", "allowed"),
        review_seconds=make.histogram("review_duration_seconds", "Time from headers read to answer written."),
        judge_seconds=make.histogram("judge_duration_seconds", "Time spent in the rules per judged object."),
        findings=make.counter("findings", "Findings by rule and by what became of them.", "rule", "severity"),
        in_flight=make.gauge("in_flight_reviews", "Reviews being answered now."),
        failures=make.counter(
            "failures", "Calls answered without a verdict, by HTTP status and cause.", "status", "cause"
        ),
        excepted_findings=make.counter(
            "excepted_findings", "Findings that an exception set aside.", "rule", "objects", "owner"
        ),
        certificate_expiry=make.gauge(
            "certificate_expiry_timestamp_seconds", "Unix time at which a certificate expires.", "certificate"
        ),
        certificate_loads=make.counter("certificate_loads", "Certificate pairs taken or refused.", "result"),
        **make.shared(),
    )
