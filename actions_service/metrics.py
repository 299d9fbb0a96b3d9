"""What the service counts about itself; a registry of its own, so that two services never share one."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

_DURATION_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one running service."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, worker_limit: int) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "neuroscale_actions_requests",
            "Requests answered, by route and HTTP status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self.invocations = Counter(
            "neuroscale_actions_invocations",
            "Actions invoked, by the face that was used and the HTTP status.",
            ("action", "face", "status"),
            registry=self._registry,
        )
        self.duration = Histogram(
            "neuroscale_actions_invocation_duration_seconds",
            "Time from the whole body to the answer, of actions that were computed.",
            ("action",),
            buckets=_DURATION_BUCKETS_SECONDS,
            registry=self._registry,
        )
        self.rejections = Counter(
            "neuroscale_actions_rejected_callers",
            "Requests refused because of who sent them, by reason.",
            ("reason",),
            registry=self._registry,
        )
        self.key_fetches = Counter(
            "neuroscale_actions_key_fetches",
            "Fetches of Backstage's public keys, by result.",
            ("result",),
            registry=self._registry,
        )
        self.busy_workers = Gauge(
            "neuroscale_actions_busy_workers", "Workers computing an answer.", registry=self._registry
        )
        Gauge(
            "neuroscale_actions_workers",
            "Workers there are; more requests than that are refused.",
            registry=self._registry,
        ).set(worker_limit)

    def exposition(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self._registry)
