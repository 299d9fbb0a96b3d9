"""An autoscaler needs a target that can be scaled.

## What it does

Flags a HorizontalPodAutoscaler or a ScaledObject whose target is an InferenceService or an LLMInferenceService.

## Why it matters

Neither kind has a scale subresource, in any release of KServe, so no autoscaler can ever change its replicas.
The API server takes the object all the same. The controller then reports `FailedGetScale ...
inferenceservices.serving.kserve.io "mixtral" not found`, which is misleading, because the object exists. Nobody
looks until the endpoint is overloaded and does not grow.

## Example

```yaml
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  scaleTargetRef:
    apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    name: mixtral
```

## Use instead

```yaml
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: mixtral-predictor     # what KServe creates in Standard mode
```

and the annotation `serving.kserve.io/autoscalerClass: external` on the InferenceService, so that KServe does
not create an autoscaler of its own beside yours.

## Applies to

Every release of Kubernetes, KEDA 2 and KServe up to 0.20.0. The names are those of the Standard (RawDeployment)
mode.

## References

- KServe custom resource definitions, `subresources: {status: {}}` only, read in 0.11.0 to 0.20.0
- KServe, "KServe with KEDA":
  <https://kserve.github.io/website/docs/model-serving/predictive-inference/autoscaling/keda-autoscaler>
"""

from neuroscale.manifests.created_names import child_name, predictor_name
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ScaledEndpoint

_GROUP = "serving.kserve.io"
_MODE = f"{_GROUP}/deploymentMode"
_MODES_WITH_DEPLOYMENT = frozenset({"RawDeployment", "Standard"})
_CLASS = f"{_GROUP}/autoscalerClass"
_SERVICE = "InferenceService"
_KINDS = frozenset({_SERVICE, "LLMInferenceService"})


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    group = autoscaler.target_api_version.rpartition("/")[0]
    if autoscaler.target_kind not in _KINDS or group not in {"", _GROUP}:
        return
    yield Violation(
        path=(*autoscaler.target_path, "kind"),
        message=(
            f"{autoscaler.target_kind} has no scale subresource, so this {autoscaler.manifest.kind} can never "
            f"scale {autoscaler.target_name}: the controller reports FailedGetScale for ever"
        ),
        fix=_fix(autoscaler.target_kind, autoscaler.target_name, endpoint.serving_object),
        patch=_patch(endpoint),
    )


def _patch(endpoint: ScaledEndpoint) -> tuple[PatchOperation, ...]:
    """Point at the Deployment where the InferenceService at hand certainly has one and leaves its scaling alone."""
    autoscaler, serving_object = endpoint.autoscaler, endpoint.serving_object
    if serving_object is None or (serving_object.kind, autoscaler.target_kind) != (_SERVICE, _SERVICE):
        return ()
    if serving_object.name != autoscaler.target_name:
        return ()
    annotations = serving_object.annotations
    if annotations.get(_MODE) not in _MODES_WITH_DEPLOYMENT or annotations.get(_CLASS) != "external":
        return ()
    target = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": predictor_name(autoscaler.target_name, _variant(serving_object)),
    }
    operations = []
    for field, value in target.items():
        path = (*autoscaler.target_path, field)
        written = written_value(autoscaler.manifest, path)
        if written != value:
            operations.append(PatchOperation("add" if written is None else "replace", path, value))
    return tuple(operations)


def _fix(kind: str, name: str, serving_object: ManifestObject | None) -> str:
    if kind == "LLMInferenceService":
        return (
            f"target the Deployment {child_name(name, '-kserve')} (apps/v1), or use the object's own spec.scaling"
        )
    return (
        f"target the Deployment {predictor_name(name, _variant(serving_object))} (apps/v1), and set "
        f"{_CLASS}: external on the InferenceService"
    )


def _variant(serving_object: ManifestObject | None) -> str:
    spec = serving_object.body.get("spec") if serving_object else None
    predictor = spec.get("predictor") if isinstance(spec, dict) else None
    variant = predictor.get("name") if isinstance(predictor, dict) else None
    return variant if isinstance(variant, str) else ""


RULE = Rule(
    identifier="NS401",
    name="autoscaler-target-without-scale-subresource",
    severity=Severity.DENY,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
