"""An autoscaling setting that KServe does not read has no effect.

## What it does

Flags annotations and fields of an InferenceService about scaling that no code of KServe reads, or that the class of
its autoscaler ignores.

## Why it matters

The object is accepted and the setting looks alive. `serving.kserve.io/targetUtilizationPercentage` and
`serving.kserve.io/metrics` were read until KServe 0.14 and are dead since 0.15.0, though guides still show them;
`scaleMetricType` is a field that nothing reads. In Standard mode KServe makes a HorizontalPodAutoscaler with an
empty `behavior`, on CPU or memory alone, and Knative's annotations reach no one.

## Example

```yaml
metadata:
  annotations:
    serving.kserve.io/deploymentMode: Standard
    serving.kserve.io/metrics: cpu
    serving.kserve.io/targetUtilizationPercentage: "60"
```

## Use instead

For a language model, an autoscaler of your own on the engine's queue, with
`serving.kserve.io/autoscalerClass: external`; or the class `keda` with `spec.predictor.autoScaling.metrics`.

## Applies to

KServe 0.15.0 to 0.20.0. What depends on the deployment mode is judged only where the annotation
`serving.kserve.io/deploymentMode` states it.

## References

- KServe v0.20.0, `pkg/constants/constants.go`: the two constants, which nothing uses since pull request 4349
- KServe v0.20.0, `reconcilers/hpa/hpa_reconciler.go`, `reconcilers/keda/keda_reconciler.go`
"""

from collections.abc import Iterator, Mapping

from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.patches import written_value
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ServingObject

_GROUP = "serving.kserve.io"
_DEAD_ANNOTATIONS = (f"{_GROUP}/metric", f"{_GROUP}/metrics", f"{_GROUP}/targetUtilizationPercentage")
_CLASS = f"{_GROUP}/autoscalerClass"
_MODE = f"{_GROUP}/deploymentMode"
_STANDARD = frozenset({"Standard", "RawDeployment"})
_KNATIVE_PREFIX = "autoscaling.knative.dev/"
_RESOURCES = frozenset({"cpu", "memory"})
_PREDICTOR: FieldPath = ("spec", "predictor")
_FIX = "take it out; to follow the engine's queue use the class keda with autoScaling.metrics, or external"


def _judge(subject: ServingObject) -> Judgement:
    manifest = subject.manifest
    if (manifest.api_group, manifest.kind) != (_GROUP, "InferenceService"):
        return
    for name in _DEAD_ANNOTATIONS:
        if name in manifest.annotations:
            path = ("metadata", "annotations", name)
            yield _without_effect(path, f"the annotation {name} is read by no release of KServe since 0.15.0")
    if _written(manifest, "scaleMetricType") is not None:
        yield _without_effect((*_PREDICTOR, "scaleMetricType"), "scaleMetricType is read by no code of KServe")
    if manifest.annotations.get(_MODE) in _STANDARD:
        yield from _in_standard_mode(manifest)


def _in_standard_mode(manifest: ManifestObject) -> Iterator[Violation]:
    for name in manifest.annotations:
        if name.startswith(_KNATIVE_PREFIX):
            path = ("metadata", "annotations", name)
            yield _without_effect(path, f"{name[:80]} is Knative's, which serves nothing in Standard mode")
    kind = manifest.annotations.get(_CLASS, "hpa")
    if kind == "hpa":
        yield from _by_hpa(manifest)
    elif kind == "keda":
        yield from _by_keda(manifest)
    elif kind == "external":
        yield from _by_nobody(manifest)


def _by_hpa(manifest: ManifestObject) -> Iterator[Violation]:
    metric = _written(manifest, "scaleMetric")
    if isinstance(metric, str) and metric not in _RESOURCES:
        yield Violation(
            path=(*_PREDICTOR, "scaleMetric"),
            message=f"scaleMetric {metric[:40]} is Knative's: in Standard mode the class hpa makes no metric of it",
            fix=_FIX,
        )
    if _behavior(manifest) is not None:
        yield _without_effect(
            (*_PREDICTOR, "autoScaling", "behavior"),
            "the class hpa makes its HorizontalPodAutoscaler with an empty behavior",
        )
    if _written(manifest, "minReplicas") == 0:
        yield Violation(
            path=(*_PREDICTOR, "minReplicas"),
            message="the class hpa never scales to zero: KServe makes minReplicas 0 a 1",
            fix="write minReplicas: 1, or use the class keda",
            patch=(PatchOperation("replace", (*_PREDICTOR, "minReplicas"), 1),),
        )


def _by_keda(manifest: ManifestObject) -> Iterator[Violation]:
    if _written(manifest, "scaleTarget") is not None:
        yield _without_effect((*_PREDICTOR, "scaleTarget"), "the class keda reads no scaleTarget")
    scaling = _written(manifest, "autoScaling")
    if not (isinstance(scaling, Mapping) and scaling.get("metrics")):
        yield Violation(
            path=("metadata", "annotations", _CLASS),
            message="the class keda without autoScaling.metrics makes a ScaledObject without triggers: no scaling",
            fix="write spec.predictor.autoScaling.metrics, or the class external and a ScaledObject of your own",
        )


def _by_nobody(manifest: ManifestObject) -> Iterator[Violation]:
    for field in ("scaleMetric", "scaleTarget", "autoScaling"):
        if _written(manifest, field) is not None:
            yield _without_effect(
                (*_PREDICTOR, field),
                f"with the class external KServe makes no autoscaler, and {field} reaches none",
            )


def _without_effect(path: FieldPath, said: str) -> Violation:
    return Violation(
        path=path, message=f"{said}: it has no effect", fix=_FIX, patch=(PatchOperation("remove", path),)
    )


def _written(manifest: ManifestObject, field: str) -> object:
    return written_value(manifest, (*_PREDICTOR, field))


def _behavior(manifest: ManifestObject) -> object:
    return written_value(manifest, (*_PREDICTOR, "autoScaling", "behavior"))


RULE = Rule(
    identifier="NS407",
    name="kserve-autoscaling-setting-without-effect",
    severity=Severity.WARN,
    subject=ServingObject,
    judge=_judge,
    page=__doc__ or "",
)
