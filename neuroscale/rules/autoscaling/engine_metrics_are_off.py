"""The engine must export metrics for an autoscaler to follow them.

## What it does

Flags an autoscaler that follows the metrics of an engine which exports none as it is started: SGLang without
`--enable-metrics`, vLLM with `--disable-log-stats`.

## Why it matters

The endpoint works, and so does the scrape as far as Kubernetes can tell; the series are just not there. KEDA reads
an empty answer as 0 by default, a HorizontalPodAutoscaler reports `FailedGetExternalMetric`, and either way the
endpoint never grows.

## Example

```yaml
command: [python3, -m, sglang.launch_server, --model-path, Qwen/Qwen3-30B-A3B, --tp-size, "2"]
# followed by
query: sum(sglang:num_queue_reqs{model_name="Qwen/Qwen3-30B-A3B"})
```

## Use instead

```yaml
command: [python3, -m, sglang.launch_server, --model-path, Qwen/Qwen3-30B-A3B, --tp-size, "2", --enable-metrics]
```

## Applies to

SGLang 0.4.6.post5 to 0.5.23 and vLLM 0.8.5 to 0.33.0. A warning, because the query may look at another endpoint's
metrics. Silent where a variable or a configuration file may hold the option.

## References

- SGLang 0.4.6.post5 to 0.5.23, `server_args.py` and `metrics_collector.py`
- vLLM 0.8.5 to 0.33.0, `v1/engine/async_llm.py`: without `log_stats` no statistics are recorded
"""

from neuroscale.engines.metrics import exported_metrics
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import can_scale, engine_settings, followed_metrics, is_of_the_engines, tells
from neuroscale.rules.subject import ScaledEndpoint

_TITLES = {"sglang": "SGLang"}


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    settings = engine_settings(endpoint)
    if not can_scale(endpoint.autoscaler) or not settings:
        return
    reasons = [_reason(each) for each in settings]
    if reasons[0] is None or None in reasons:
        return
    said, fix = reasons[0]
    for metric in followed_metrics(endpoint.autoscaler):
        if is_of_the_engines(metric.name, settings):
            yield Violation(
                path=metric.path,
                message=f"{endpoint.autoscaler.target_name} exports no {metric.name[:80]}: {said}",
                fix=fix,
            )


def _reason(settings: EngineSettings) -> tuple[str, str] | None:
    """Return why the engine exports nothing, and what to change; None where it exports, or may."""
    exported = exported_metrics(settings.engine, settings.version)
    if exported is None:
        return None
    title = _TITLES.get(settings.engine, "vLLM")
    needed, switch = exported.needs_option, exported.off_switch
    if needed is not None and settings.options.get(needed) != "true" and tells(settings, needed):
        return f"{title} has no metrics without {needed}", f"start the engine with {needed}"
    if switch is not None and settings.options.get(switch) == "true":
        return f"{title} records none with {switch}", f"start the engine without {switch}"
    return None


RULE = Rule(
    identifier="NS404",
    name="engine-metrics-are-off",
    severity=Severity.WARN,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
