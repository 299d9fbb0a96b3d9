"""What wakes an endpoint from zero must not come from its own pods.

## What it does

Flags a ScaledObject that may remove the last replica (`minReplicaCount` 0, which is KEDA's default, or
`idleReplicaCount` 0) while everything it follows is exported by the endpoint's own engine.

## Why it matters

With no pod there is no engine, and with no engine none of its metrics. The query finds nothing, KEDA reads 0 and
keeps the endpoint asleep: the first idle hour ends it, whatever queues at the gateway.

## Example

```yaml
kind: ScaledObject
spec:
  minReplicaCount: 0
  triggers:
    - type: prometheus
      metadata: {query: 'sum(vllm:num_requests_waiting{model_name="mixtral"})', threshold: "5"}
```

## Use instead

`minReplicaCount: 1`; or one more trigger that sees requests when no pod runs: the gateway's request counter, KEDA's
HTTP add-on, or a schedule (`cron`).

## Applies to

KEDA 2 and KServe's class `keda`, with vLLM and SGLang. A warning, because a recording rule may keep the series
alive. Silent when one trigger is of another kind, or when a query holds anything but the engine's metrics.

## References

- KEDA, "ScaledObject specification": `minReplicaCount` is 0 unless it is said otherwise
- KEDA, `pkg/scalers/prometheus_scaler.go`: an empty answer is 0, and 0 does not activate
"""

from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.prometheus_query import read_prometheus_query
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import can_scale, engine_settings, is_of_the_engines
from neuroscale.rules.subject import ScaledEndpoint

_KINDS = frozenset({"ScaledObject", "InferenceService"})
_MINIMUM: FieldPath = ("spec", "minReplicaCount")
_IDLE: FieldPath = ("spec", "idleReplicaCount")
_SERVICE_MINIMUM: FieldPath = ("spec", "predictor", "minReplicas")


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    if autoscaler.manifest.kind not in _KINDS or not autoscaler.scales_to_zero or not can_scale(autoscaler):
        return
    settings = engine_settings(endpoint)
    if not settings or not autoscaler.signals or not _all_are_the_engines(autoscaler, settings):
        return
    yield Violation(
        path=_path(autoscaler),
        message=(
            f"{autoscaler.target_name} may go to 0 replicas and never return: all it is scaled on are metrics of "
            "its own pods, and with no pod there are none"
        ),
        fix="keep 1 replica, or add a trigger that sees requests without pods (gateway, HTTP add-on, cron)",
    )


def _all_are_the_engines(autoscaler: Autoscaler, settings: tuple[EngineSettings, ...]) -> bool:
    for signal in autoscaler.signals:
        query = read_prometheus_query(signal.query) if signal.source == "prometheus" else None
        if query is None or not query.selectors:
            return False
        if query.has_substitute and not _is_zero_substitute(signal.query):
            return False
        if not all(is_of_the_engines(selector.name, settings) for selector in query.selectors):
            return False
    return True


def _is_zero_substitute(query: str) -> bool:
    return "absent" not in query and "vector(0)" in query.replace(" ", "")


def _path(autoscaler: Autoscaler) -> FieldPath:
    """Return where zero is written, the specification where it is KEDA's default."""
    manifest = autoscaler.manifest
    if manifest.kind == "InferenceService":
        return _SERVICE_MINIMUM
    if written_value(manifest, _IDLE) == 0:
        return _IDLE
    return ("spec",) if written_value(manifest, _MINIMUM) is None else _MINIMUM


RULE = Rule(
    identifier="NS410",
    name="scale-to-zero-cannot-be-undone",
    severity=Severity.WARN,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
