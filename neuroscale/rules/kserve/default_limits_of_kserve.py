"""KServe limits a predictor's container to 1 CPU and 2 GiB of memory where nothing else is written.

## What it does

Warns where the first container of an InferenceService's own `predictor.containers` runs an engine on accelerators
with `limits.cpu` or `limits.memory` left out, or at KServe's defaults for them: `1` and `2Gi`.

## Why it matters

A limit that is left out is no limit to Kubernetes, but KServe's defaulting webhook fills it in before the object is
stored. An engine's API server, its scheduler and one process for each accelerator then share one core, so the
accelerators wait for it; and an engine that loads a model into an accelerator through 2 GiB of host memory is
likely to be killed while it starts. Nothing in the manifest shows why. A request above the limit that was filled in
is worse: Kubernetes refuses every pod.

## Example

```yaml
predictor:
  containers:
    - name: kserve-container
      image: vllm/vllm-openai:v0.33.0
      resources:
        limits:
          nvidia.com/gpu: "4"      # KServe adds cpu: "1" and memory: 2Gi
```

## Use instead

```yaml
        limits:
          nvidia.com/gpu: "4"
          cpu: "16"
          memory: 128Gi
```

## Applies to

InferenceService objects that write the engine's container themselves, in all releases of KServe from 0.11.0 to
0.20.0. What a `model` takes from a serving runtime is not filled in, nor are LLMInferenceService objects. The
defaults are fixed up to 0.14.1; since 0.15.0 the platform can change them in `inferenceservice-config`, hence a
warning.

## References

- KServe `pkg/apis/serving/v1beta1/inference_service_defaults.go` (`setResourceRequirementDefaults`),
  `predictor_custom.go` (`CustomPredictor.Default`) and `config/configmap/inferenceservice.yaml`, read at 0.11.0,
  0.12.1, 0.13.1, 0.14.1 and every minor release from 0.15.0 to 0.20.0
- vLLM, "Optimization and Tuning", CPU resources:
  <https://docs.vllm.ai/en/latest/configuration/optimization.html>
"""

from collections.abc import Mapping

from neuroscale.manifests.container import Container
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Deployment

_PATH = ("spec", "predictor", "containers", 0)
_DEFAULTS = {"cpu": "1", "memory": "2Gi"}


def _judge(deployment: Deployment) -> Judgement:
    workload = deployment.workload
    container = workload.container
    if container is None or workload.settings is None or workload.accelerators is None:
        return
    if not _is_defaulted(workload.manifest, container):
        return
    given = [name for name in _DEFAULTS if _is_at_default(container, name)]
    if not given:
        return
    limits = " and ".join(f"limits.{name} {_DEFAULTS[name]}" for name in given)
    yield Violation(
        path=(*container.path, "resources", "limits"),
        message=(
            f"the engine's container gets {limits}, which KServe fills in where nothing is written; "
            f"{_consequence(container, given)}"
        ),
        fix=f"write {' and '.join(f'limits.{name}' for name in given)} as the engine needs",
    )


def _consequence(container: Container, given: list[str]) -> str:
    above = [name for name in given if _requests_more(container, name)]
    if above:
        requests = " and ".join(f"requests.{name} {container.requests[name].amount}" for name in above)
        return f"{requests} {'is' if len(above) == 1 else 'are'} above that, so no pod is created"
    happens = {"cpu": "share one core", "memory": "are likely to be killed while the model loads"}
    return f"its processes {' and '.join(happens[name] for name in given)}"


def _requests_more(container: Container, name: str) -> bool:
    request = container.requests.get(name)
    amount, limit = parse_quantity(request.amount) if request else None, parse_quantity(_DEFAULTS[name])
    return amount is not None and limit is not None and amount > limit


def _is_defaulted(manifest: ManifestObject, container: Container) -> bool:
    """Whether it is the container that KServe fills in: the first one of a predictor that names no `model`."""
    if manifest.kind != "InferenceService" or container.path != _PATH:
        return False
    if manifest.annotations.get("serving.kserve.io/deploymentMode") == "ModelMesh":
        return False
    spec = manifest.body.get("spec")
    predictor = spec.get("predictor") if isinstance(spec, Mapping) else None
    return isinstance(predictor, Mapping) and "model" not in predictor


def _is_at_default(container: Container, name: str) -> bool:
    limit = container.limits.get(name)
    return limit is None or parse_quantity(limit.amount) == parse_quantity(_DEFAULTS[name])


RULE = Rule(
    identifier="NS605",
    name="default-limits-of-kserve",
    severity=Severity.WARN,
    subject=Deployment,
    judge=_judge,
    page=__doc__ or "",
)
