"""A trigger's query must give one number.

## What it does

Flags a KEDA prometheus trigger whose query has one answer for each series of an engine's metric, where the endpoint
has, or may get, several: more than one replica, or more than one data-parallel engine in a replica.

## Why it matters

Every pod is a series of its own, and every data-parallel rank of vLLM one more (label `engine`). KEDA takes a query
with one answer only: with two it fails (`prometheus query ... returned multiple elements`), and scaling stops just
when the second replica is there.

## Example

```yaml
query: vllm:num_requests_waiting{model_name="mixtral"}
```

## Use instead

```yaml
query: sum(vllm:num_requests_waiting{model_name="mixtral"})
```

A queue is summed (KEDA divides by the replicas); a share of the KV cache is averaged, with `metricType: Value`.

## Applies to

KEDA 2 and KServe's class `keda`, with the metrics of vLLM and SGLang. A warning, because a recording rule may have
aggregated them. Silent for a selector that pins one pod, instance or engine.

## References

- KEDA, `pkg/scalers/prometheus_scaler.go`: "returned multiple elements"
- vLLM, `v1/metrics/loggers.py`: labels `model_name` and `engine`
"""

from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import (
    FollowedMetric,
    can_scale,
    engine_settings,
    followed_metrics,
    is_of_the_engines,
)
from neuroscale.rules.subject import ScaledEndpoint

_PINNING_LABELS = frozenset({"pod", "pod_name", "instance", "engine", "kubernetes_pod_name", "exported_pod"})
_QUEUES = frozenset(
    {
        "vllm:num_requests_waiting",
        "vllm:num_requests_running",
        "sglang:num_queue_reqs",
        "sglang:num_running_reqs",
    }
)


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    settings = engine_settings(endpoint)
    if not can_scale(autoscaler) or not settings:
        return
    engines = max(each.data_parallel_size for each in settings)
    most = autoscaler.maximum_replicas
    for metric in followed_metrics(autoscaler):
        query, selector = metric.query, metric.selector
        if query is None or selector is None or query.gives_one_number is not False:
            continue
        if len(query.selectors) != 1 or not is_of_the_engines(metric.name, settings):
            continue
        if not _PINNING_LABELS.isdisjoint(selector.pinned_labels):
            continue
        several = f"{engines} data-parallel engines" if engines > 1 else f"up to {most or 100} replicas"
        yield Violation(
            path=metric.path,
            message=(
                f"the query has an answer for each series of {metric.name[:80]}, and {several} give several: KEDA "
                'then fails with "returned multiple elements"'
            ),
            fix="aggregate it: sum(...) of a queue, avg(...) or max(...) of a share with metricType Value",
            patch=_patch(endpoint, metric),
        )


def _patch(endpoint: ScaledEndpoint, metric: FollowedMetric) -> tuple[PatchOperation, ...]:
    """Sum the bare selector of a queue: KEDA divides the sum by the replicas."""
    if metric.query is None or metric.query.aggregation != "" or metric.name not in _QUEUES:
        return ()
    written = written_value(endpoint.autoscaler.manifest, metric.path)
    if not isinstance(written, str) or metric.signal.target_type != "AverageValue":
        return ()
    return (PatchOperation("replace", metric.path, f"sum({written.strip()})"),)


RULE = Rule(
    identifier="NS411",
    name="query-gives-several-numbers",
    severity=Severity.WARN,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
