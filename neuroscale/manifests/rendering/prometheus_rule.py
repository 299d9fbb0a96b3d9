"""The PrometheusRule of an endpoint: queue depth and 95th percentiles under names that no release changes."""

from packaging.version import Version

from neuroscale.engines.metrics import exported_metrics
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.queries import TIME_TO_FIRST_TOKEN, quantile, waiting_requests
from neuroscale.manifests.rendering.request import EndpointRequest

# What is recorded, and the engine's histograms for it, the one that is preferred first.
RECORDED_QUANTILES: dict[str, tuple[str, ...]] = {
    "neuroscale:time_to_first_token_seconds:p95": (TIME_TO_FIRST_TOKEN,),
    "neuroscale:inter_token_latency_seconds:p95": (
        "vllm:inter_token_latency_seconds",
        "vllm:time_per_output_token_seconds",
    ),
    "neuroscale:request_latency_seconds:p95": ("vllm:e2e_request_latency_seconds",),
}
RECORDED_QUEUE = "neuroscale:waiting_requests:sum"

_KEPT_LABELS = ("namespace", "model_name")


def render_prometheus_rule(request: EndpointRequest, engine: EngineDeployment) -> dict[str, object]:
    """Return the PrometheusRule. Each record has the labels `namespace` and `model_name`.

    For a HorizontalPodAutoscaler that reads a custom or external metric, and for dashboards: no engine exports a
    percentile, and the histograms behind it were renamed twice.
    """
    rules = [{"record": RECORDED_QUEUE, "expr": waiting_requests(request, _KEPT_LABELS)}]
    for record, histograms in RECORDED_QUANTILES.items():
        histogram = _exported(histograms, engine.engine_version)
        if histogram is not None:
            rules.append({"record": record, "expr": quantile(request, histogram, _KEPT_LABELS)})
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": request.name,
            "labels": {
                "owner": request.owner_label,
                "cost-center": request.cost_center,
                **request.monitoring.labels,
            },
        },
        "spec": {"groups": [{"name": f"{request.namespace}/{request.name}", "interval": "30s", "rules": rules}]},
    }


def _exported(histograms: tuple[str, ...], version: Version) -> str | None:
    """Return the first histogram that this release exports without being asked."""
    exported = exported_metrics("vllm", version)
    if exported is None:
        return None
    found = (exported.metrics.get(name) for name in histograms)
    return next(
        (metric.name for metric in found if metric is not None and metric.is_everywhere and not metric.is_hidden),
        None,
    )
