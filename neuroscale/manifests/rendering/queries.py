"""PromQL on the engine's metrics, for autoscalers and recording rules alike.

Metric names: neuroscale/engines/data/vllm_metrics.json, read from the releases themselves.
"""

from neuroscale.manifests.rendering.request import EndpointRequest

WAITING_REQUESTS = "vllm:num_requests_waiting"
RUNNING_REQUESTS = "vllm:num_requests_running"
TIME_TO_FIRST_TOKEN = "vllm:time_to_first_token_seconds"  # noqa: S105 - a metric

# Eight scrapes of 15 seconds: long enough for a quantile, short enough to follow.
_WINDOW = "2m"
_QUANTILE = "0.95"


def series_selector(request: EndpointRequest) -> str:
    """Return the label matchers of the endpoint's series, in braces."""
    return f'{{model_name="{request.name}",namespace="{request.namespace}"}}'


def waiting_requests(request: EndpointRequest, kept_labels: tuple[str, ...] = ()) -> str:
    """Return the requests that wait in the queues of all replicas and ranks.

    Each queue counts once, though two monitors may scrape it.
    """
    queues = ", ".join((*kept_labels, "pod", "engine"))
    return f"sum{_by(kept_labels)}(max by ({queues}) ({WAITING_REQUESTS}{series_selector(request)}))"


def quantile(request: EndpointRequest, histogram: str, kept_labels: tuple[str, ...] = ()) -> str:
    """Return the 95th percentile of a latency: 0 without traffic, nothing where nobody scrapes.

    Without traffic the quantile is NaN, which every comparison drops. A constant in its place would make lost
    metrics look like an idle endpoint.
    """
    labels = ", ".join((*kept_labels, "le"))
    selector = series_selector(request)
    observed = (
        f"histogram_quantile({_QUANTILE}, sum by ({labels}) (rate({histogram}_bucket{selector}[{_WINDOW}]))) >= 0"
    )
    return f"({observed}) or (0 * sum{_by(kept_labels)}({RUNNING_REQUESTS}{selector}))"


def _by(kept_labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(kept_labels)}) " if kept_labels else ""
