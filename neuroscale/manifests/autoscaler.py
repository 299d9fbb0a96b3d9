"""An autoscaler: what it scales and on which signals, whatever object declares it."""

from dataclasses import dataclass

from neuroscale.manifests.object import FieldPath, ManifestObject

DEFAULT_SCALE_DOWN_WINDOW_SECONDS = 300
"""What a HorizontalPodAutoscaler without a window of its own takes (Kubernetes, "Horizontal Pod Autoscaling")."""


@dataclass(frozen=True, slots=True)
class ScalingSignal:
    """One metric an autoscaler follows.

    Attributes:
        source: "resource" (pod CPU or memory), "prometheus", "external", "pods", "object", "knative", ...
        name: Resource, metric or trigger name, e.g. "cpu".
        query: The full query or selector text where there is one, else "".
        path: Where it is written.
        query_path: Where the query, or the name of the metric, is written; `path` where no field of its own does.
        threshold: Value at which one more replica is wanted, as a number; None when it is not stated as one.
        threshold_path: Where the threshold is written.
        target_type: "AverageValue" (the value is divided by the replicas), "Value", "Utilization" or "".
        reads_lost_as_zero: Whether an empty answer counts as 0, as KEDA's prometheus trigger has it by default.
    """

    source: str
    name: str
    query: str
    path: FieldPath
    query_path: FieldPath = ()
    threshold: float | None = None
    threshold_path: FieldPath = ()
    target_type: str = ""
    reads_lost_as_zero: bool = False


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
        scales_to_zero: Whether it may remove the last replica.
        idle_seconds: How long it waits without load before it removes the last replica.
        scale_down_window_seconds: Over how long the highest wish counts before replicas are removed; None when it
            never removes any.
        scale_down_path: Where that is written, or would be.
        has_formula: Whether a formula of KEDA's stands in place of the triggers' own thresholds.
        is_paused: Whether it is told to do nothing.
    """

    manifest: ManifestObject
    target_kind: str
    target_api_version: str
    target_name: str
    target_path: FieldPath
    signals: tuple[ScalingSignal, ...]
    minimum_replicas: int | None = None
    maximum_replicas: int | None = None
    scales_to_zero: bool = False
    idle_seconds: int = 0
    scale_down_window_seconds: int | None = DEFAULT_SCALE_DOWN_WINDOW_SECONDS
    scale_down_path: FieldPath = ()
    has_formula: bool = False
    is_paused: bool = False
