"""A threshold must be one that the metric can exceed.

## What it does

Flags a threshold at or above the largest value that the engine's metric can have: a share of the KV cache, which
ends at 1, compared with a percentage; and running requests, which end at the engine's own limit, compared with
more.

## Why it matters

An autoscaler adds replicas when the value exceeds the threshold. `vllm:kv_cache_usage_perc` is a fraction in spite
of its name: with a threshold of 80 the endpoint would have to be eighty times full. Running requests never exceed
`--max-num-seqs`; what is beyond it waits, and shows in `vllm:num_requests_waiting` instead.

## Example

```yaml
query: avg(vllm:kv_cache_usage_perc{model_name="mixtral"})
threshold: "80"
```

## Use instead

```yaml
query: avg(vllm:kv_cache_usage_perc{model_name="mixtral"})
metricType: Value
threshold: "0.8"
```

## Applies to

vLLM 0.8.5 to 0.33.0 and SGLang 0.4.6.post5 to 0.5.23, for queries that take the metric as it is or aggregate it by
`sum`, `avg`, `max` or `min` over all labels; arithmetic is not followed. Denied for a fraction that is not summed,
where no other signal can add a replica. A warning for running requests and for sums, because the query may count
other endpoints too; a sum is bounded as KEDA compares it: divided by the replicas (AverageValue), or whole (Value,
with the most replicas). Silent where KEDA's `scalingModifiers` has a formula.

## References

- vLLM, `v1/metrics/loggers.py` ("1 means 100 percent usage") and `v1/core/sched/scheduler.py`
  (`max_num_running_reqs`)
- SGLang, `metrics_collector.py`: `token_usage`
- Kubernetes, "Horizontal Pod Autoscaling": replicas x value / threshold, rounded up
"""

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.values import read_integer
from neuroscale.manifests.autoscaler import Autoscaler, ScalingSignal
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import FollowedMetric, can_scale, engine_settings, followed_metrics, tells
from neuroscale.rules.subject import ScaledEndpoint

_FRACTIONS = frozenset(
    {"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage", "sglang:full_token_usage"}
)
_LIMITED = {
    "vllm:num_requests_running": "--max-num-seqs",
}
_AGGREGATIONS = frozenset({"", "avg", "max", "min", "sum"})
_PERCENT = 100
_EVERY_SCHEDULER = "--enable-metrics-for-all-schedulers"


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    settings = engine_settings(endpoint)
    if not can_scale(autoscaler) or autoscaler.has_formula or len(settings) != 1:
        return
    for metric in followed_metrics(autoscaler):
        threshold, largest = metric.signal.threshold, _largest_value(metric, settings[0], autoscaler)
        if threshold is None or largest is None or threshold < largest[0]:
            continue
        value, reason = largest
        yield Violation(
            path=metric.signal.threshold_path,
            message=(
                f"the threshold {threshold:g} of {metric.name} is never exceeded: its largest value here is "
                f"{value:g}, because {reason}; it never adds a replica"
            ),
            fix=_fix(metric, threshold, value),
            severity=None if len(autoscaler.signals) == 1 and _is_bounded_everywhere(metric) else Severity.WARN,
            patch=_patch(autoscaler, metric, threshold),
        )


def _is_bounded_everywhere(metric: FollowedMetric) -> bool:
    """Whether no endpoint that the query may count beside this one can have a larger value."""
    return metric.name in _FRACTIONS and metric.query is not None and metric.query.aggregation != "sum"


def _largest_value(
    metric: FollowedMetric, settings: EngineSettings, autoscaler: Autoscaler
) -> tuple[float, str] | None:
    """Return the largest value that is compared with the threshold, and why; None where it is not known."""
    query = metric.query
    if query is None or query.aggregation not in _AGGREGATIONS or len(query.selectors) != 1:
        return None
    if metric.name in _FRACTIONS:
        each, reason = 1.0, "it is a fraction from 0 to 1"
    elif metric.name in _LIMITED:
        option = _LIMITED[metric.name]
        limit = read_integer(settings.options.get(option, ""))
        if limit is None or not tells(settings, option):
            return None
        each, reason = float(limit), f"each engine runs at most {option} {limit}"
    else:
        return None
    series = _series(query.aggregation, metric.signal, settings, autoscaler)
    return None if series is None else (each * series, reason)


def _series(
    aggregation: str, signal: ScalingSignal, settings: EngineSettings, autoscaler: Autoscaler
) -> float | None:
    """Return how many series of the largest value the compared number may hold."""
    if aggregation != "sum":
        return 1.0
    if settings.options.get(_EVERY_SCHEDULER) == "true":
        return None
    engines = float(max(1, settings.data_parallel_size * settings.attention_data_parallel_size))
    if signal.target_type == "AverageValue":
        return engines
    most = autoscaler.maximum_replicas
    return None if most is None else engines * most


def _fix(metric: FollowedMetric, threshold: float, largest: float) -> str:
    if metric.name in _FRACTIONS:
        share = threshold / _PERCENT if 1 < threshold <= _PERCENT else 0.8
        return f"write the threshold as a fraction below {largest:g}, such as {share:g}"
    return f"take a threshold below {largest:g}, or follow vllm:num_requests_waiting, which has no limit"


def _patch(autoscaler: Autoscaler, metric: FollowedMetric, threshold: float) -> tuple[PatchOperation, ...]:
    """Write a percentage as the fraction it certainly means."""
    path = metric.signal.threshold_path
    if metric.name not in _FRACTIONS or not 2 <= threshold < _PERCENT:
        return ()
    written = written_value(autoscaler.manifest, path)
    if not isinstance(written, str) or not written.isdigit():
        return ()
    return (PatchOperation("replace", path, f"{threshold / _PERCENT:g}"),)


RULE = Rule(
    identifier="NS408",
    name="threshold-out-of-reach",
    severity=Severity.DENY,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
