"""An autoscaler: what it scales and on which signals, whatever object declares it."""

from dataclasses import dataclass

from neuroscale.manifests.object import FieldPath, ManifestObject


@dataclass(frozen=True, slots=True)
class ScalingSignal:
    """One metric an autoscaler follows.

    Attributes:
        source: "resource" (pod CPU or memory), "prometheus", "external", "pods", "object", "knative", ...
        name: Resource, metric or trigger name, e.g. "cpu".
        query: The full query or selector text where there is one, else "".
        path: Where it is written.
    """

    source: str
    name: str
    query: str
    path: FieldPath


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """An autoscaler and its target.

    Attributes:
        manifest: The object that declares it: HorizontalPodAutoscaler, ScaledObject, or a serving object whose own
            fields make KServe create one.
        target_kind: Kind that is scaled; KEDA's default is "Deployment".
        target_api_version: As written, "" when absent.
        target_name: Name that is scaled.
        target_path: Where the target is written.
        signals: What it follows.
        minimum_replicas: None when not stated.
        maximum_replicas: None when not stated.
    """

    manifest: ManifestObject
    target_kind: str
    target_api_version: str
    target_name: str
    target_path: FieldPath
    signals: tuple[ScalingSignal, ...]
    minimum_replicas: int | None = None
    maximum_replicas: int | None = None
