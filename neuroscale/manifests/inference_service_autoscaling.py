"""The autoscaler that KServe makes from an InferenceService's own fields and annotations.

Source: KServe v0.20.0, `inferenceservice/reconcilers/{autoscaler,hpa,keda}` and `pkg/constants`.
"""

from neuroscale.manifests.autoscaler import DEFAULT_SCALE_DOWN_WINDOW_SECONDS, Autoscaler, ScalingSignal
from neuroscale.manifests.created_names import predictor_name
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject

_CLASS = "serving.kserve.io/autoscalerClass"
_DEPLOYMENT_MODE = "serving.kserve.io/deploymentMode"
_STANDARD_MODES = frozenset({"Standard", "RawDeployment"})
_KNATIVE_MODES = frozenset({"Knative", "Serverless"})
_KNATIVE_METRIC = "autoscaling.knative.dev/metric"
_RESOURCES = frozenset({"cpu", "memory"})
_DEFAULT_COOLDOWN_SECONDS = 300


def read_inference_service_autoscaler(manifest: ManifestObject) -> tuple[Autoscaler, ...]:
    """Return the autoscaler of an InferenceService's predictor, none where KServe makes none or nothing can scale.

    The deployment mode decides, and without an annotation it is the cluster's own default: then only what the
    object asks for by name counts, never KServe's default of 80 % CPU.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    predictor = root(manifest)["spec"]["predictor"]
    if not predictor.is_written or predictor["workerSpec"].is_written:
        return ()
    annotations = {**manifest.annotations, **_texts(predictor["annotations"])}
    mode = annotations.get(_DEPLOYMENT_MODE, "")
    kind = annotations.get(_CLASS, "hpa")
    if kind in {"none", "external"}:
        return ()
    minimum = predictor["minReplicas"].integer()
    maximum = predictor["maxReplicas"].integer()
    if mode in _KNATIVE_MODES:
        signals = _knative_signals(predictor, annotations)
    elif kind == "keda":
        signals = _keda_signals(predictor)
    else:
        signals = _resource_signals(predictor)
        if not signals and mode in _STANDARD_MODES:
            # With no metrics of its own the autoscaler gets the API server's default: 80 % of the requested CPU.
            at = predictor["maxReplicas"]
            signals = (ScalingSignal("resource", "cpu", "", at.path),)
        if (maximum or 0) <= max(minimum if minimum is not None else 1, 1):
            return ()
    if not signals:
        return ()
    behavior = predictor["autoScaling"]["behavior"]
    is_keda = mode not in _KNATIVE_MODES and kind == "keda"
    return (
        Autoscaler(
            manifest=manifest,
            target_kind="Deployment",
            target_api_version="apps/v1",
            target_name=predictor_name(manifest.name, predictor["name"].text() or ""),
            target_path=predictor.path,
            signals=signals,
            minimum_replicas=minimum,
            maximum_replicas=maximum,
            scales_to_zero=minimum == 0 and (is_keda or mode in _KNATIVE_MODES),
            idle_seconds=_DEFAULT_COOLDOWN_SECONDS if is_keda else 0,
            # KServe hands on the window to KEDA alone, and Knative has rules of its own.
            scale_down_window_seconds=_window_seconds(behavior, is_keda=is_keda, mode=mode),
            scale_down_path=behavior["scaleDown"]["stabilizationWindowSeconds"].path,
        ),
    )


def _window_seconds(behavior: Field, *, is_keda: bool, mode: str) -> int | None:
    if mode in _KNATIVE_MODES:
        return None
    stated = behavior["scaleDown"]["stabilizationWindowSeconds"].integer() if is_keda else None
    return DEFAULT_SCALE_DOWN_WINDOW_SECONDS if stated is None else stated


def _texts(at: Field) -> dict[str, str]:
    return {name: value.text() or "" for name, value in at.items()}


def _knative_signals(predictor: Field, annotations: dict[str, str]) -> tuple[ScalingSignal, ...]:
    metric = predictor["scaleMetric"]
    name = metric.text()
    if name is not None:
        return (ScalingSignal("resource" if name in _RESOURCES else "knative", name, "", metric.path),)
    annotated = annotations.get(_KNATIVE_METRIC)
    if annotated is None:
        return ()
    source = "resource" if annotated in _RESOURCES else "knative"
    return (ScalingSignal(source, annotated, "", ("metadata", "annotations", _KNATIVE_METRIC)),)


def _resource_signals(predictor: Field) -> tuple[ScalingSignal, ...]:
    metrics = predictor["autoScaling"]
    if metrics.is_written:
        resources = [(each["resource"]["name"].text(), each.path) for each in metrics["metrics"].elements()]
        return tuple(ScalingSignal("resource", name, "", path) for name, path in resources if name in _RESOURCES)
    metric = predictor["scaleMetric"]
    name = metric.text()
    if name == "cpu" or (name == "memory" and predictor["scaleTarget"].is_written):
        return (ScalingSignal("resource", name, "", metric.path),)
    return ()


def _keda_signals(predictor: Field) -> tuple[ScalingSignal, ...]:
    return tuple(_keda_signal(metric) for metric in predictor["autoScaling"]["metrics"].elements())


def _keda_signal(metric: Field) -> ScalingSignal:
    kind = metric["type"].text() or ""
    if kind == "External":
        described = metric["external"]["metric"]
        backend = described["backend"].text() or "external"
        value = metric["external"]["target"]["value"]
        return ScalingSignal(
            backend,
            backend,
            described["query"].text() or "",
            metric.path,
            query_path=described["query"].path,
            threshold=value.number(),
            threshold_path=value.path,
            # KServe writes no metricType and no ignoreNullValues into the trigger.
            target_type="AverageValue",
            reads_lost_as_zero=backend == "prometheus",
        )
    if kind == "PodMetric":
        described = metric["podmetric"]["metric"]
        names = ",".join(name for name, _ in described["metricNames"].texts())
        return ScalingSignal("external", names, described["query"].text() or "", metric.path)
    return ScalingSignal("resource", metric["resource"]["name"].text() or "", "", metric.path)
