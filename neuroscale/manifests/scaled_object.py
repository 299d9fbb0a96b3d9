"""KEDA's ScaledObject.

Source: KEDA 2.x `ScaledObject` and its scalers. https://keda.sh/docs/latest/reference/scaledobject-spec/
"""

from collections.abc import Mapping

from neuroscale.manifests.autoscaler import Autoscaler, ScalingSignal
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject

# Where each trigger type writes what it follows: the name of the metric, and the query or selector.
_NAME_KEYS = ("metricName", "containerName", "queueName", "topic", "scalerName")
_QUERY_KEYS = ("query", "metricQuery", "valueLocation", "target", "url", "scalerAddress")


def read_scaled_object(manifest: ManifestObject) -> tuple[Autoscaler, ...]:
    """Return the autoscaler.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    spec = root(manifest)["spec"]
    target = spec["scaleTargetRef"]
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
        ),
    )


def read_triggers(at: Field) -> tuple[ScalingSignal, ...]:
    """Return the signals of a list of KEDA triggers."""
    return tuple(_signal(trigger) for trigger in at.elements())


def _signal(trigger: Field) -> ScalingSignal:
    kind = trigger["type"].text() or ""
    metadata = {name: value.text() or "" for name, value in trigger["metadata"].items()}
    if kind in {"cpu", "memory"}:
        return ScalingSignal("resource", kind, "", trigger.path)
    name = trigger["name"].text() or _first(metadata, _NAME_KEYS) or kind
    return ScalingSignal(kind, name, _first(metadata, _QUERY_KEYS), trigger.path)


def _first(metadata: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((metadata[key] for key in keys if metadata.get(key)), "")
