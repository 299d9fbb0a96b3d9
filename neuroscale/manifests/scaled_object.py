"""KEDA's ScaledObject.

Source: KEDA 2.x `ScaledObject` and its scalers. https://keda.sh/docs/latest/reference/scaledobject-spec/
"""

from collections.abc import Mapping

from neuroscale.manifests.autoscaler import Autoscaler, ScalingSignal
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.horizontal_pod_autoscaler import scale_down_window_seconds
from neuroscale.manifests.object import ManifestObject

# Where each trigger type writes what it follows: the name of the metric, and the query or selector.
_NAME_KEYS = ("metricName", "containerName", "queueName", "topic", "scalerName")
_QUERY_KEYS = ("query", "metricQuery", "valueLocation", "target", "url", "scalerAddress")

_THRESHOLD_KEYS = ("threshold", "targetValue", "value")
# What Go's strconv.ParseBool takes for false.
_FALSE = frozenset({"0", "f", "F", "false", "False", "FALSE"})
_PAUSED = "autoscaling.keda.sh/paused"
_DEFAULT_COOLDOWN_SECONDS = 300


def read_scaled_object(manifest: ManifestObject) -> tuple[Autoscaler, ...]:
    """Return the autoscaler.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    spec = root(manifest)["spec"]
    target = spec["scaleTargetRef"]
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    annotations = manifest.annotations
    return (
        Autoscaler(
            manifest=manifest,
            target_kind=target["kind"].text() or "Deployment",
            target_api_version=target["apiVersion"].text() or "",
            target_name=target["name"].text() or "",
            target_path=target.path,
            signals=read_triggers(spec["triggers"]),
            minimum_replicas=spec["minReplicaCount"].integer(),
            maximum_replicas=spec["maxReplicaCount"].integer(),
            scales_to_zero=(spec["minReplicaCount"].integer() or 0) == 0 or spec["idleReplicaCount"].integer() == 0,
            idle_seconds=_cooldown_seconds(spec["cooldownPeriod"]),
            scale_down_window_seconds=scale_down_window_seconds(behavior),
            scale_down_path=behavior["scaleDown"]["stabilizationWindowSeconds"].path,
            has_formula=spec["advanced"]["scalingModifiers"]["formula"].is_written,
            is_paused=any(name.startswith(_PAUSED) and value != "false" for name, value in annotations.items()),
        ),
    )


def _cooldown_seconds(at: Field) -> int:
    stated = at.integer()
    return _DEFAULT_COOLDOWN_SECONDS if stated is None else stated


def read_triggers(at: Field) -> tuple[ScalingSignal, ...]:
    """Return the signals of a list of KEDA triggers."""
    return tuple(_signal(trigger) for trigger in at.elements())


def _signal(trigger: Field) -> ScalingSignal:
    kind = trigger["type"].text() or ""
    fields = trigger["metadata"]
    metadata = {name: value.text() or "" for name, value in fields.items()}
    if kind in {"cpu", "memory"}:
        return ScalingSignal("resource", kind, "", trigger.path)
    name = trigger["name"].text() or _first(metadata, _NAME_KEYS) or kind
    threshold = next((fields[key] for key in _THRESHOLD_KEYS if metadata.get(key)), fields[_THRESHOLD_KEYS[0]])
    query_key = next((key for key in _QUERY_KEYS if metadata.get(key)), None)
    return ScalingSignal(
        kind,
        name,
        _first(metadata, _QUERY_KEYS),
        trigger.path,
        query_path=trigger.path if query_key is None else fields[query_key].path,
        threshold=threshold.number(),
        threshold_path=threshold.path,
        # KEDA's default for every trigger but cpu and memory.
        target_type=trigger["metricType"].text() or "AverageValue",
        reads_lost_as_zero=kind == "prometheus" and metadata.get("ignoreNullValues", "true") not in _FALSE,
    )


def _first(metadata: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((metadata[key] for key in keys if metadata.get(key)), "")
