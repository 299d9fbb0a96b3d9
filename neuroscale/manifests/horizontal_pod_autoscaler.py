"""HorizontalPodAutoscaler v1 and v2 (and the two beta versions, which have v2's shape or its older metrics)."""

from neuroscale.manifests.autoscaler import Autoscaler, ScalingSignal
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
        ),
    )


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
    return ScalingSignal(source, name, selector_text(described["metric"]["selector"]), metric.path)
