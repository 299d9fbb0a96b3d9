"""Utilisation does not follow the load of a language model.

## What it does

Flags an autoscaler of a language model endpoint whose only signals are utilisation: CPU or memory of the pod,
or utilisation or memory of the accelerator. It looks at HorizontalPodAutoscalers, at ScaledObjects and at the
fields from which KServe makes either.

## Why it matters

None of these moves with the load of a language model. The process spins on its CPU whatever the queue; vLLM
takes 92 % of the accelerator's memory when it starts and never gives it back, so a memory target never scales
down; and `DCGM_FI_DEV_GPU_UTIL` is the share of time in which any kernel runs, which is close to 100 % with one
request as with fifty. A Mixture-of-Experts model with data parallelism makes it worse: idle ranks run dummy
passes beside the busy ones, and look busy. Meanwhile requests queue.

## Example

```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: mixtral-predictor}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
```

## Use instead

```yaml
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: mixtral-predictor}
  triggers:
    - type: prometheus
      metadata:
        serverAddress: http://prometheus.monitoring:9090
        query: sum(vllm:num_requests_waiting{model_name="mixtral"})
        threshold: "5"
```

## Applies to

Denied when the target certainly is a language model endpoint; a warning when it may be one (its runtime is not
at hand, or an accelerator is followed for a Deployment that KServe names). Silent when one signal is something
else, when minimum and maximum replicas are equal, and for everything that serves no language model.

## References

- vLLM, "Production Metrics": <https://docs.vllm.ai/en/latest/usage/metrics.html>
- vLLM, "Data Parallel Deployment" (dummy passes):
  <https://docs.vllm.ai/en/latest/serving/data_parallel_deployment.html>
- KServe, "Autoscaling for generative inference":
  <https://kserve.github.io/website/docs/model-serving/generative-inference/autoscaling>
"""

from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.language_models import serves_language_model
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ScaledEndpoint
from neuroscale.rules.utilisation import utilisation_of

_REASONS = {
    "pod CPU": "it says nothing about requests in the queue",
    "pod memory": "it says nothing about requests in the queue",
    "accelerator utilisation": "it is the share of time with any kernel running, near 100 % under any load",
    "accelerator memory": "vLLM takes it at the start and never returns it",
}
_FIX = (
    "follow the engine: vllm:num_requests_waiting or vllm:kv_cache_usage_perc, by a KEDA prometheus trigger or an "
    "external metric"
)
_KSERVE_SUFFIXES = ("-predictor", "-kserve", "-kserve-prefill")


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    if _cannot_scale(autoscaler) or not autoscaler.signals:
        return
    measured = [utilisation_of(signal) for signal in autoscaler.signals]
    if None in measured:
        return
    severity = _severity(endpoint, accelerator_is_followed=any("accelerator" in (what or "") for what in measured))
    if severity is None:
        return
    distinct = list(dict.fromkeys(what for what in measured if what is not None))
    yield Violation(
        path=autoscaler.signals[0].path,
        message=(
            f"{autoscaler.target_name} is scaled on {' and '.join(distinct)} alone, which does not follow the load "
            f"of a language model: {_REASONS[distinct[0]]}"
        ),
        fix=_FIX,
        severity=severity,
    )


def _cannot_scale(autoscaler: Autoscaler) -> bool:
    return autoscaler.maximum_replicas is not None and autoscaler.maximum_replicas == autoscaler.minimum_replicas


def _severity(endpoint: ScaledEndpoint, *, accelerator_is_followed: bool) -> Severity | None:
    """Return how certain it is that a language model is scaled; None when nothing points at one."""
    if any(serves_language_model(workload) for workload in endpoint.workloads):
        return Severity.DENY
    if endpoint.workloads:
        return Severity.WARN
    target = endpoint.autoscaler.target_name
    if endpoint.serving_object is None and accelerator_is_followed and target.endswith(_KSERVE_SUFFIXES):
        return Severity.WARN
    return None


RULE = Rule(
    identifier="NS402",
    name="autoscaler-on-utilisation",
    severity=Severity.DENY,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
