"""The engine must export the metric that its autoscaler follows.

## What it does

Looks up every metric that a KEDA prometheus trigger or a HorizontalPodAutoscaler follows among those that the
endpoint's engine exports at its version, and flags names that are gone, that come with a later release, that no
release ever exported, that are deprecated and hidden, that count nothing without an option, and those of another
engine.

## Why it matters

A query over a metric that nobody exports is no error: Prometheus answers with an empty list, KEDA reads that as 0
(`ignoreNullValues` is true unless it is said otherwise), and the endpoint stays at its fewest replicas while
requests queue. Engines rename their metrics: vLLM's `vllm:gpu_cache_usage_perc` became `vllm:kv_cache_usage_perc`
and was hidden in 0.11.2 and removed in 0.12.0, and dashboards and guides still show the old name. No release of
vLLM exports a ready-made percentile such as `vllm_request_p95_latency_seconds`.

## Example

```yaml
triggers:
  - type: prometheus
    metadata:
      query: max(vllm:gpu_cache_usage_perc{model_name="mixtral"})     # with vLLM 0.33.0
      threshold: "0.8"
```

## Use instead

```yaml
triggers:
  - type: prometheus
    metadata:
      query: max(vllm:kv_cache_usage_perc{model_name="mixtral"})
      threshold: "0.8"
```

## Applies to

vLLM 0.8.5 to 0.33.0 (also inside huggingfaceserver), SGLang 0.4.6.post5 to 0.5.23 and Text Generation Inference
1.0.0 to 3.3.7. Never a denial: a recording rule or a relabelling of the scrape may bear any name, that of a metric
long gone included. Names with further colons (`vllm:queue:avg5m`) are taken for recording rules. A
HorizontalPodAutoscaler gets its metrics from an adapter, whose rules rename the colon and may define any name: what
they have to define is said for information. Without a version only what holds in every release is said.

## References

- vLLM 0.8.5 to 0.33.0, `v1/metrics/loggers.py`, `engine/metrics.py`: names, and the notes of deprecation
- SGLang 0.4.6.post5 to 0.5.23, `metrics_collector.py`
- Text Generation Inference 1.0.0 to 3.3.7, `router/src` and `backends`
- KEDA, `pkg/scalers/prometheus_scaler.go`: an empty answer is 0 where `ignoreNullValues` is true
- prometheus-adapter, "Configuration": names of the custom metrics API
"""

from neuroscale.engines.metric_answers import MetricAnswer, answer_metric
from neuroscale.engines.metrics import versions_read
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.scaling_metrics import FollowedMetric, can_scale, engine_settings, followed_metrics, tells
from neuroscale.rules.subject import ScaledEndpoint

_ENGINES = {
    "vllm": "vLLM",
    "huggingfaceserver": "vLLM",
    "sglang": "SGLang",
    "tensorrt-llm": "TensorRT-LLM",
    "text-generation-inference": "TGI",
}
_QUEUES = {"vLLM": "vllm:num_requests_waiting", "SGLang": "sglang:num_queue_reqs", "TGI": "tgi_queue_size"}
_SHOW_HIDDEN = "--show-hidden-metrics-for-version"
_SHOWN_CHARACTERS = 80
_DEFINED = {True: "a rule of the adapter defines", False: "a recording rule bears"}
_AROUND_A_NAME = " \t\n(){}[],+-*/%^<>='\""


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    settings = engine_settings(endpoint)
    if not can_scale(endpoint.autoscaler) or not settings:
        return
    for metric in followed_metrics(endpoint.autoscaler):
        found = [_fault(endpoint, metric, each) for each in settings]
        # Of several engines behind one target, one that exports the metric is enough.
        if found[0] is not None and None not in found:
            yield found[0]


def _fault(endpoint: ScaledEndpoint, metric: FollowedMetric, settings: EngineSettings) -> Violation | None:
    answer = answer_metric(metric.name, settings.engine, settings.version)
    engine = _ENGINES.get(settings.engine, settings.engine)
    name = metric.name[:_SHOWN_CHARACTERS]
    release = _release(settings)
    match answer.standing:
        case "gone":
            said = f"{release} exports no {name}: the last release read that does is {answer.last_version}"
        case "later":
            said = f"{release} exports no {name}: the first release read that does is {answer.first_version}"
        case "never":
            read = versions_read(settings.engine)
            said = f"no release of {engine} from {read[0]} to {read[-1]} exports {name}"
        case "of another engine" if settings.engine in _ENGINES:
            said = f"{name} is a metric of {answer.owner}, and this endpoint runs {release}"
        case "hidden" if tells(settings, _SHOW_HIDDEN) and _SHOW_HIDDEN not in settings.options:
            said = f"{release} hides the deprecated {name} unless {_SHOW_HIDDEN} asks for it"
        case "exported":
            return _renamed_or_idle(endpoint, metric, answer, settings)
        case _:
            return None
    return Violation(
        path=metric.path,
        message=f"{said}, so unless {_DEFINED[metric.is_adapted]} the name nothing is measured",
        fix=_fix(metric, answer, engine),
        severity=Severity.INFO if metric.is_adapted else None,
        patch=_patch(endpoint, metric, answer),
    )


def _renamed_or_idle(
    endpoint: ScaledEndpoint, metric: FollowedMetric, answer: MetricAnswer, settings: EngineSettings
) -> Violation | None:
    release = _release(settings)
    option = answer.needs_option
    if option is not None and tells(settings, option) and settings.options.get(option) != "true":
        return Violation(
            path=metric.path,
            message=f"{metric.name} stays at 0 in {release}, because the engine runs without {option}",
            fix=f"give the engine {option}",
        )
    if not answer.is_renamed:
        return None
    if metric.is_adapted:
        return Violation(
            path=metric.path,
            message=f"{metric.name} is an adapter's name: {release} itself exports {answer.name}",
            fix=f"see that a rule of the metrics adapter gives {answer.name} this name",
            severity=Severity.INFO,
        )
    return Violation(
        path=metric.path,
        message=(
            f"{release} exports {answer.name} with a colon, not {metric.name}, so unless a recording rule bears "
            "the name nothing is measured"
        ),
        fix=f"write {answer.name}",
        patch=_replacing(endpoint, metric, answer.name),
    )


def _fix(metric: FollowedMetric, answer: MetricAnswer, engine: str) -> str:
    if not answer.alternatives:
        queue = _QUEUES.get(engine)
        return f"follow a metric that {engine} exports" + (f", such as its queue: {queue}" if queue else "")
    names = answer.alternatives
    if metric.is_adapted:
        names = tuple(name.replace(":", "_") for name in names)
    if answer.standing == "later":
        return f"run {answer.first_version} or newer, or follow a metric of this release, such as {names[0]}"
    return f"did you mean {' or '.join(names)}?" if answer.standing == "never" else f"follow {' or '.join(names)}"


def _release(settings: EngineSettings) -> str:
    engine = _ENGINES.get(settings.engine, settings.engine)
    return engine if settings.version is None else f"{engine} {settings.version}"


def _patch(endpoint: ScaledEndpoint, metric: FollowedMetric, answer: MetricAnswer) -> tuple[PatchOperation, ...]:
    """Put the successor that the engine itself names in the place of a metric that is gone or hidden."""
    if answer.standing not in {"gone", "hidden"} or len(answer.alternatives) != 1:
        return ()
    return _replacing(endpoint, metric, answer.alternatives[0])


def _replacing(endpoint: ScaledEndpoint, metric: FollowedMetric, name: str) -> tuple[PatchOperation, ...]:
    """Return the patch that replaces the name in a query that holds it just once, as a word of its own."""
    written = written_value(endpoint.autoscaler.manifest, metric.path)
    if metric.query is None or not isinstance(written, str) or written.count(metric.name) != 1:
        return ()
    before, _, after = written.partition(metric.name)
    if (before[-1:] + after[:1]).strip(_AROUND_A_NAME):
        return ()
    return (PatchOperation("replace", metric.path, before + name + after),)


RULE = Rule(
    identifier="NS403",
    name="metric-not-exported-by-the-engine",
    severity=Severity.WARN,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
