"""One target has one autoscaler.

## What it does

Flags a HorizontalPodAutoscaler or a ScaledObject whose target another one scales too, and one beside the
autoscaler that KServe makes by itself for the same endpoint.

## Why it matters

KEDA works through a HorizontalPodAutoscaler of its own, and so does KServe. Where two of them select the same pods
the controller stops both: `AmbiguousSelector: pods by selector ... are controlled by multiple HPAs`. The endpoint
then keeps whatever size it had. KServe makes one for every InferenceService in Standard mode unless the annotation
`serving.kserve.io/autoscalerClass` says `external` or `none`, even where it fixes the replicas.

## Example

```yaml
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: mixtral
  annotations:
    serving.kserve.io/deploymentMode: Standard
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: mixtral-predictor}
```

## Use instead

```yaml
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: mixtral
  annotations:
    serving.kserve.io/deploymentMode: Standard
    serving.kserve.io/autoscalerClass: external
```

## Applies to

Endpoints that serve a language model. Denied beside the autoscaler that KServe certainly makes (Standard or
RawDeployment mode in the annotation); a warning where the mode is the cluster's to decide, and beside another
object, which may be about to go. Silent for paused ScaledObjects, for autoscalers that a controller owns, and for a
ScaledObject that takes a HorizontalPodAutoscaler over (`scaledobject.keda.sh/transfer-hpa-ownership`).

## References

- Kubernetes, `pkg/controller/podautoscaler/horizontal.go`, `AmbiguousSelector`
- KServe v0.20.0, `reconcilers/hpa/hpa_reconciler.go` (when it makes one), `reconcilers/keda`
- KEDA, `apis/keda/v1alpha1/scaledobject_webhook.go`: "is already managed by the hpa"
"""

from collections.abc import Mapping

from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.autoscaling import read_autoscalers
from neuroscale.manifests.created_names import inference_service_deployments
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Judgement, Severity, Violation
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ScaledEndpoint

_GROUP = "serving.kserve.io"
_CLASS = f"{_GROUP}/autoscalerClass"
_MODE = f"{_GROUP}/deploymentMode"
_STOP = f"{_GROUP}/stop"
_STANDARD = frozenset({"Standard", "RawDeployment"})
_MADE = {"hpa": "a HorizontalPodAutoscaler", "keda": "a ScaledObject"}
_TRANSFER = "scaledobject.keda.sh/transfer-hpa-ownership"
_SHARED = "validations.keda.sh/hpa-ownership"
_STOPPED = "the controller stops both (AmbiguousSelector: pods are controlled by multiple HPAs)"


def _judge(endpoint: ScaledEndpoint) -> Judgement:
    autoscaler = endpoint.autoscaler
    manifest = autoscaler.manifest
    if manifest.api_group == _GROUP or not endpoint.workloads or autoscaler.is_paused or _is_owned(manifest):
        return
    path = (*autoscaler.target_path, "name")
    made = _made_by_kserve(endpoint)
    if made is not None:
        kind, is_certain, fix = made
        made_by = "KServe itself" if is_certain else "in Standard mode KServe itself"
        yield Violation(
            path=path,
            message=f"{made_by} makes {kind} for {autoscaler.target_name}: {_STOPPED}",
            fix=fix,
            severity=None if is_certain else Severity.WARN,
        )
    for rival in endpoint.rivals:
        if _is_conflicting(autoscaler, rival):
            yield Violation(
                path=path,
                message=f"{rival.kind} {rival.name} scales {autoscaler.target_name} too: {_STOPPED}",
                fix="keep one of the two; one ScaledObject may have several triggers",
                severity=Severity.WARN,
            )


def _made_by_kserve(endpoint: ScaledEndpoint) -> tuple[str, bool, str] | None:
    """Return what KServe makes, whether that is certain, and what to change; None where it makes none."""
    manifest, target = endpoint.serving_object, endpoint.autoscaler.target_name
    if manifest is None or manifest.api_group != _GROUP:
        return None
    if manifest.kind == "LLMInferenceService":
        if not any(each.target_name == target for each in read_autoscalers(manifest)):
            return None
        return "an autoscaler", True, "take spec.scaling out of the LLMInferenceService, or this object away"
    annotations = {**manifest.annotations, **_predictor_annotations(manifest)}
    kind = _MADE.get(annotations.get(_CLASS, "hpa"))
    mode = annotations.get(_MODE)
    # The workers of several nodes have no autoscaler of KServe's.
    if kind is None or annotations.get(_STOP) == "true" or target.endswith("-worker"):
        return None
    if target not in inference_service_deployments(manifest) or mode not in {None, *_STANDARD}:
        return None
    return kind, mode in _STANDARD, f"set the annotation {_CLASS}: external on the InferenceService {manifest.name}"


def _is_conflicting(autoscaler: Autoscaler, rival: ManifestObject) -> bool:
    if _is_owned(rival):
        return False
    for other in read_autoscalers(rival):
        if other.is_paused or other.target_kind != autoscaler.target_kind:
            continue
        objects = (autoscaler.manifest, rival)
        if any(each.annotations.get(_TRANSFER) == "true" for each in objects):
            continue
        if any(each.annotations.get(_SHARED) == "false" for each in objects):
            continue
        return True
    return False


def _is_owned(manifest: ManifestObject) -> bool:
    metadata = manifest.body.get("metadata")
    return isinstance(metadata, Mapping) and bool(metadata.get("ownerReferences"))


def _predictor_annotations(manifest: ManifestObject) -> Mapping[str, str]:
    spec = manifest.body.get("spec")
    predictor = spec.get("predictor") if isinstance(spec, Mapping) else None
    written = predictor.get("annotations") if isinstance(predictor, Mapping) else None
    if not isinstance(written, Mapping):
        return {}
    return {name: value for name, value in written.items() if isinstance(name, str) and isinstance(value, str)}


RULE = Rule(
    identifier="NS405",
    name="autoscalers-share-a-target",
    severity=Severity.DENY,
    subject=ScaledEndpoint,
    judge=_judge,
    page=__doc__ or "",
)
