"""Metrics that are lost must not read as an empty queue.

## What it does

Tells where a KEDA prometheus trigger on an engine's metrics counts an empty answer as 0, which it does unless
`ignoreNullValues` is `"false"`.

## Why it matters

When Prometheus restarts, a scrape breaks or a metric is renamed, the query answers with nothing. Read as 0 that is
an idle endpoint, and the autoscaler removes replicas under full load; each takes a whole load of the weights to
come back. As an error it leaves the replicas alone, and `fallback` can say how many there should be.

## Example

```yaml
triggers:
  - type: prometheus
    metadata:
      query: sum(vllm:num_requests_waiting{model_name="mixtral"})
      threshold: "5"
```

## Use instead

```yaml
triggers:
  - type: prometheus
    metadata:
      query: sum(vllm:num_requests_waiting{model_name="mixtral"})
      threshold: "5"
      ignoreNullValues: "false"
```

## Applies to

ScaledObjects of KEDA 2 that scale an endpoint of vLLM or SGLang and keep at least one replica. For information, or
a warning where `fallback` is written, which never applies without errors. Silent where the query supplies a value
itself (`or vector(0)`, `absent`).

## References

- KEDA, `pkg/scalers/prometheus_scaler.go`: `ignoreNullValues`, default true
- KEDA, "ScaledObject specification": `fallback` counts errors of the trigger
"""

from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import can_scale, engine_settings, followed_metrics, is_of_the_engines
from neuroscale.rules.subject import ScaledEndpoint

_KIND = "ScaledObject"
_OPTION = "ignoreNullValues"


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    manifest = autoscaler.manifest
    settings = engine_settings(endpoint)
    if manifest.kind != _KIND or not settings or not can_scale(autoscaler) or autoscaler.scales_to_zero:
        return
    has_fallback = written_value(manifest, ("spec", "fallback")) is not None
    told = set()
    for metric in followed_metrics(autoscaler):
        signal, query = metric.signal, metric.query
        if not signal.reads_lost_as_zero or query is None or query.has_substitute or signal.path in told:
            continue
        if not all(is_of_the_engines(selector.name, settings) for selector in query.selectors):
            continue
        told.add(signal.path)
        path = (*signal.path, "metadata", _OPTION)
        is_written = written_value(manifest, path) is not None
        also = ", and fallback never applies" if has_fallback else ""
        yield Violation(
            path=path if is_written else metric.path,
            message=f"when {metric.name[:80]} is lost the trigger reads 0, and replicas go under load{also}",
            fix=f'write {_OPTION}: "false", so that a lost metric is an error and the replicas stay',
            severity=None if has_fallback else Severity.INFO,
            patch=(PatchOperation("replace" if is_written else "add", path, "false"),),
        )


RULE = Rule(
    identifier="NS412",
    name="lost-metrics-read-as-zero",
    severity=Severity.WARN,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
