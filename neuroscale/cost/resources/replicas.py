"""How many replicas each part of an object runs, at the fewest and at the most.

Source: KServe v0.20.0, `reconcilers/{hpa,keda,deployment}`, `pkg/controller/v1alpha1/utils` (Knative annotations)
and `llmisvc/scaling.go`; KEDA 2.x `ScaledObject` (0 to 100 replicas where none are written); Kubernetes
`autoscaling/v2` (at least 1 where none are written).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from neuroscale.cost.resources.kserve_settings import KServeSettings, mode_name
from neuroscale.cost.resources.span import NOTHING, Span, fixed
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.autoscaling import AUTOSCALER_KINDS, read_autoscalers
from neuroscale.manifests.created_names import child_name, predictor_name
from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.targets import serving_object_of

_SERVING_GROUP = "serving.kserve.io"
_MODE = "serving.kserve.io/deploymentMode"
_CLASS = "serving.kserve.io/autoscalerClass"
_STOP = "serving.kserve.io/stop"
_PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
_KEDA_DEFAULT_MAXIMUM = 100
_OPEN_MODE = (
    "No deployment mode is written and the cluster's is not known: counted as Standard; Knative sets no upper "
    "limit to the replicas here."
)
_EXTERNAL = "Another object scales it, and that is not given: counted as one replica."
# What an int32 holds: the API server refuses more.
_MOST_REPLICAS = 2**31 - 1
# Characters of an object's name that every name derived from it begins with, however long the name.
_SHORTEST_KEPT_NAME = 12


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many replicas run, and what is uncertain about it, one sentence each."""

    span: Span
    doubts: tuple[str, ...] = ()


class ScalingIndex:
    """The autoscalers among some objects, by the object that they scale."""

    __slots__ = ("_by_object",)

    def __init__(self, objects: Sequence[ManifestObject], around: Sequence[ManifestObject]) -> None:
        by_beginning: dict[str, list[ManifestObject]] = {}
        for each in objects:
            by_beginning.setdefault(each.name[:_SHORTEST_KEPT_NAME], []).append(each)
        self._by_object: dict[int, list[Autoscaler]] = {}
        seen: set[tuple[str, str, str]] = set()
        for each in (*objects, *around):
            key = (each.kind, each.namespace, each.name)
            # What a change writes wins over what the context still holds of it.
            if each.kind not in AUTOSCALER_KINDS or key in seen:
                continue
            seen.add(key)
            for autoscaler in read_autoscalers(each):
                beginnings = (autoscaler.target_name[:length] for length in range(1, _SHORTEST_KEPT_NAME + 1))
                candidates = [
                    found for beginning in dict.fromkeys(beginnings) for found in by_beginning.get(beginning, ())
                ]
                target = serving_object_of(autoscaler, candidates)
                if target is not None:
                    self._by_object.setdefault(id(target), []).append(autoscaler)

    def scaling(self, manifest: ManifestObject) -> Sequence[Autoscaler]:
        """Return the autoscalers of an object, none when nothing scales it."""
        return self._by_object.get(id(manifest), ())


def whole_object_replicas(written: Field, autoscalers: Iterable[Autoscaler]) -> Replicas:
    """Return the replicas of a Deployment, StatefulSet, ReplicaSet or LeaderWorkerSet, from its `replicas`.

    Raises:
        InvalidInputError: A number of replicas is none.
    """
    own = fixed(_replicas(written, 1))
    spans = [_autoscaled(autoscaler) for autoscaler in autoscalers]
    return Replicas(_widest(spans) if spans else own)


def component_replicas(
    component: Field,
    settings: KServeSettings,
    autoscalers: Iterable[Autoscaler] = (),
    created_names: frozenset[str] = frozenset(),
) -> Replicas:
    """Return the replicas of a predictor, transformer or explainer of an InferenceService.

    Args:
        component: The component, with `minReplicas` and `maxReplicas`.
        settings: How the cluster's KServe is set up.
        autoscalers: Autoscalers of the object other than KServe's own.
        created_names: Names of the Deployments that run the component.

    Raises:
        InvalidInputError: A number of replicas is none.
    """
    manifest = component.manifest
    if is_stopped(manifest):
        return Replicas(NOTHING, ("The object is stopped by its annotation: nothing runs.",))
    annotations = {
        **manifest.annotations,
        **{name: value.text() or "" for name, value in component["annotations"].items()},
    }
    mode = mode_name(annotations[_MODE]) if _MODE in annotations else settings.deployment_mode
    if mode == "ModelMesh":
        return Replicas(NOTHING, ("ModelMesh loads the model into shared pods of its own, which are not counted.",))
    own = _component_span(component, mode, annotations.get(_CLASS, "hpa"))
    others = [_autoscaled(each) for each in autoscalers if _scales(each, created_names)]
    doubts: tuple[str, ...] = ()
    if mode is None and not _replicas(component["maxReplicas"], 0) and not component["workerSpec"].is_written:
        doubts = (_OPEN_MODE,)
    autoscaler_class = annotations.get(_CLASS, "hpa")
    if not others:
        is_left_open = autoscaler_class == "external" and mode != "Knative"
        return Replicas(own, (*doubts, *((_EXTERNAL,) if is_left_open else ())))
    is_scaled_by_others_alone = autoscaler_class in {"none", "external"} or own.is_fixed
    return Replicas(_widest(others) if is_scaled_by_others_alone else _widest([own, *others]), doubts)


def workload_replicas(
    workload: Field, name: str, autoscalers: Iterable[Autoscaler] = (), suffix: str = ""
) -> Replicas:
    """Return the replicas of the main or the prefill workload of an LLMInferenceService.

    Args:
        workload: The workload block, with `replicas` or `scaling`.
        name: Name of the object.
        autoscalers: Autoscalers of the object other than KServe's own.
        suffix: "-prefill" for the prefill workload.

    Raises:
        InvalidInputError: A number of replicas is none.
    """
    if is_stopped(workload.manifest):
        return Replicas(NOTHING, ("The object is stopped by its annotation: nothing runs.",))
    scaling = workload["scaling"]
    own = fixed(_replicas(workload["replicas"], 1))
    if scaling.is_written:
        least = _replicas(scaling["minReplicas"], 1)
        own = _ordered(least, _replicas(scaling["maxReplicas"], least))
    names = frozenset(child_name(name, f"-kserve{kind}{suffix}") for kind in ("", "-mn"))
    others = [_autoscaled(each) for each in autoscalers if _scales(each, names)]
    if not others:
        return Replicas(own)
    return Replicas(_widest([own, *others]) if scaling.is_written else _widest(others))


def predictor_names(predictor: Field) -> frozenset[str]:
    """Return the names of the Deployment that runs a predictor."""
    return frozenset({predictor_name(predictor.manifest.name, predictor["name"].text() or "")})


def is_stopped(manifest: ManifestObject) -> bool:
    """Whether an annotation tells KServe to run nothing for the object."""
    return manifest.annotations.get(_STOP, "").lower() == "true"


def _component_span(component: Field, mode: str | None, autoscaler_class: str) -> Span:
    least = _replicas(component["minReplicas"], 1)
    most = _replicas(component["maxReplicas"], 0)
    if component["workerSpec"].is_written:
        return fixed(least)
    if mode == "Knative":
        return Span(Fraction(least), None) if most == 0 else _ordered(least, most)
    if autoscaler_class == "none":
        return fixed(least)
    if autoscaler_class == "external":
        return fixed(1)
    if autoscaler_class == "keda":
        return _ordered(least, most)
    # Only Knative and KEDA take the last replica away; which of them applies is open without a mode.
    return _ordered(max(least, 1) if mode is not None else least, max(most, 1))


def _autoscaled(autoscaler: Autoscaler) -> Span:
    at = Field(autoscaler.manifest, (), autoscaler.manifest.body)
    least, most = autoscaler.minimum_replicas, autoscaler.maximum_replicas
    for name, number in (("minimum", least), ("maximum", most)):
        if number is not None and not 0 <= number <= _MOST_REPLICAS:
            raise at["spec"].error(f"the {name} of replicas cannot be {number}")
    if autoscaler.manifest.kind == "ScaledObject":
        paused = autoscaler.manifest.annotations.get(_PAUSED_REPLICAS, "")
        if paused.isascii() and paused.isdigit() and len(paused) < len(str(_MOST_REPLICAS)):
            return fixed(int(paused))
        least = 0 if autoscaler.scales_to_zero else least or 0
        return _ordered(least, _KEDA_DEFAULT_MAXIMUM if most is None else most)
    if most is None:
        raise at["spec"].error("a HorizontalPodAutoscaler needs maxReplicas", "state the most replicas")
    return _ordered(1 if least is None else least, most)


def _scales(autoscaler: Autoscaler, created_names: frozenset[str]) -> bool:
    # A serving object has no scale subresource: an autoscaler that names it changes nothing.
    return autoscaler.manifest.api_group != _SERVING_GROUP and autoscaler.target_name in created_names


def _widest(spans: Sequence[Span]) -> Span:
    mosts = [span.most for span in spans]
    bounded = [most for most in mosts if most is not None]
    return Span(min(span.least for span in spans), max(bounded) if len(bounded) == len(mosts) else None)


def _ordered(least: int, most: int) -> Span:
    return Span(Fraction(least), Fraction(max(least, most)))


def _replicas(at: Field, default: int) -> int:
    number = at.integer()
    if number is None:
        return default
    if not 0 <= number <= _MOST_REPLICAS:
        raise at.error(f"must be between 0 and {_MOST_REPLICAS}, not {number}")
    return number
