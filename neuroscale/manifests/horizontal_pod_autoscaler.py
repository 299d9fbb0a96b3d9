"""HorizontalPodAutoscaler v1 and v2 (and the two beta versions, which have v2's shape or its older metrics)."""

from neuroscale.manifests.autoscaler import DEFAULT_SCALE_DOWN_WINDOW_SECONDS, Autoscaler, ScalingSignal
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.label_selector import selector_text
from neuroscale.manifests.object import ManifestObject

_SOURCES = {"Resource": "resource", "Pods": "pods", "Object": "object", "External": "external"}


def read_horizontal_pod_autoscaler(manifest: ManifestObject) -> tuple[Autoscaler, ...]:
    """Return the autoscaler.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    spec = root(manifest)["spec"]
    target = spec["scaleTargetRef"]
    return (
        Autoscaler(
            manifest=manifest,
            target_kind=target["kind"].text() or "",
            target_api_version=target["apiVersion"].text() or "",
            target_name=target["name"].text() or "",
            target_path=target.path,
            signals=_signals(spec),
            minimum_replicas=spec["minReplicas"].integer(),
            maximum_replicas=spec["maxReplicas"].integer(),
            # Zero is taken only with the feature gate HPAScaleToZero; without it the API server refuses it.
            scales_to_zero=spec["minReplicas"].integer() == 0,
            scale_down_window_seconds=scale_down_window_seconds(spec["behavior"]),
            scale_down_path=spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"].path,
        ),
    )


def scale_down_window_seconds(behavior: Field) -> int | None:
    """Return the stabilisation window of a `behavior` field; None where it forbids scaling down."""
    rules = behavior["scaleDown"]
    if rules["selectPolicy"].text() == "Disabled":
        return None
    stated = rules["stabilizationWindowSeconds"].integer()
    return DEFAULT_SCALE_DOWN_WINDOW_SECONDS if stated is None else stated


def _signals(spec: Field) -> tuple[ScalingSignal, ...]:
    cpu = spec["targetCPUUtilizationPercentage"]
    if cpu.is_written:
        return (ScalingSignal("resource", "cpu", "", cpu.path),)
    metrics = spec["metrics"].elements()
    if not metrics:
        # The API server's default for an autoscaler without metrics is 80 % of the requested CPU.
        return (ScalingSignal("resource", "cpu", "", spec.path),)
    return tuple(_signal(metric) for metric in metrics)


def _signal(metric: Field) -> ScalingSignal:
    kind = metric["type"].text() or ""
    source = _SOURCES.get(kind)
    if kind == "ContainerResource":
        return ScalingSignal("resource", metric["containerResource"]["name"].text() or "", "", metric.path)
    if source is None:
        return ScalingSignal(kind.lower(), "", "", metric.path)
    described = metric[source]
    if source == "resource":
        return ScalingSignal(source, described["name"].text() or "", "", metric.path)
    # autoscaling/v2beta1 writes metricName and selector flat.
    name = described["metric"]["name"].text() or described["metricName"].text() or ""
    target = described["target"]
    value = target["averageValue" if target["averageValue"].is_written else "value"]
    return ScalingSignal(
        source,
        name,
        selector_text(described["metric"]["selector"]),
        metric.path,
        query_path=described["metric"]["name"].path,
        threshold=value.number(),
        threshold_path=value.path,
        target_type=target["type"].text() or "",
    )
