"""Objects that run beside the manifests that declare them: what changed of what the rules read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from neuroscale.drift.stated_facts import StatedFact, stated_facts
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.autoscaling import AUTOSCALER_KINDS, read_autoscalers
from neuroscale.manifests.object import FieldPath, ManifestIdentity, ManifestObject
from neuroscale.manifests.quantity import parse_quantity
from neuroscale.manifests.targets import serving_object_of
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.deployments import workloads_of

# What the API server or a controller's webhook stores where nothing is declared. KServe fills in the resources of a
# predictor's container: `resource` of its ConfigMap, `pkg/apis/serving/v1beta1/inference_service_defaults.go`.
_ONE_REPLICA = {"replicas": "1"}
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "InferenceService": {
        "minimum replicas": "1",
        **{f"{field}.{name}": amount for field in ("limits", "requests") for name, amount in
           (("cpu", "1"), ("memory", "2Gi"))},
    },
    "Deployment": _ONE_REPLICA,
    "StatefulSet": _ONE_REPLICA,
    "LeaderWorkerSet": _ONE_REPLICA,
    "LLMInferenceService": _ONE_REPLICA,
    "HorizontalPodAutoscaler": {"minimum replicas": "1"},
    "ScaledObject": {"minimum replicas": "0", "maximum replicas": "100"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DriftedFact:
    """One fact in which what runs is not what was declared; None is "not stated".

    Attributes:
        part: Part of the object: "predictor", "autoscaler", "metadata", ...
        name: What it is, e.g. "tensor parallel size".
        declared: As declared.
        observed: As it runs.
        path: Where the observed object states it, or the declared one where only that does.
    """

    part: str
    name: str
    declared: str | None
    observed: str | None
    path: FieldPath


@dataclass(frozen=True, slots=True)
class ObjectDrift:
    """A declared object beside the one that runs; without facts, they agree."""

    declared: ManifestObject
    observed: ManifestObject
    facts: tuple[DriftedFact, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """What a comparison says about all objects that serve a model or scale one.

    Attributes:
        compared: Every object that is both declared and there.
        missing: What is declared and not there.
        undeclared: What is there and not declared.
        unread: What could not be compared, and why.
    """

    compared: tuple[ObjectDrift, ...] = ()
    missing: tuple[ManifestObject, ...] = ()
    undeclared: tuple[ManifestObject, ...] = ()
    unread: tuple[tuple[ManifestObject, str], ...] = ()

    @property
    def drifted(self) -> tuple[ObjectDrift, ...]:
        """The objects that do not agree."""
        return tuple(each for each in self.compared if each.facts)


@dataclass(slots=True)
class _Side:
    """The objects of one side by identity, with what they state."""

    objects: Sequence[ManifestObject]
    surroundings: Sequence[IndexedContext]
    kserve_version: str | None
    unread: list[tuple[ManifestObject, str]] = field(default_factory=list)

    def stated(self) -> dict[ManifestIdentity, tuple[ManifestObject, tuple[StatedFact, ...]]]:
        found = {}
        for manifest in self.objects:
            try:
                workloads = workloads_of(manifest, self.surroundings, self.kserve_version)
                facts = stated_facts(manifest, workloads)
            except InvalidInputError as error:
                self.unread.append((manifest, str(error)))
                continue
            if facts:
                found[manifest.identity] = (manifest, facts)
        return found


def compare(
    declared: Sequence[ManifestObject],
    observed: Sequence[ManifestObject],
    context: Sequence[ManifestObject] = (),
    kserve_version: str | None = None,
) -> Drift:
    """Compare declared objects with those that are there, in what the rules read of them.

    Each side is read with its own runtimes and presets, so that a runtime that changed shows in what it serves;
    what only the cluster holds shapes both. A declared object without a namespace is that of its kind and name,
    where there is one such object.

    Args:
        declared: The manifests.
        observed: The objects as the cluster holds them.
        context: What is known around both: runtimes, presets, ConfigMaps.
        kserve_version: The release of KServe; None takes the newest known.
    """
    around = IndexedContext(context)
    there = IndexedContext(observed)
    sides = (
        _Side(declared, (IndexedContext(declared), around, there), kserve_version),
        _Side(observed, (there, around), kserve_version),
    )
    wanted, found = (side.stated() for side in sides)
    autoscalers = [each for each in (*declared, *observed) if each.kind in AUTOSCALER_KINDS]
    compared: list[ObjectDrift] = []
    missing: list[ManifestObject] = []
    for identity, (manifest, facts) in wanted.items():
        place = identity if identity in found else _only_namesake(identity, found)
        if place is None:
            missing.append(manifest)
            continue
        running, running_facts = found.pop(place)
        changes = _changes(running, facts, running_facts, autoscalers)
        compared.append(ObjectDrift(manifest, running, tuple(changes)))
    unread = (*sides[0].unread, *sides[1].unread)
    # What is there but cannot be read is not missing.
    lost = {(each.api_group, each.kind, each.name) for each, _ in sides[1].unread}
    return Drift(
        compared=tuple(compared),
        missing=tuple(each for each in missing if (each.api_group, each.kind, each.name) not in lost),
        undeclared=tuple(manifest for manifest, _ in found.values()),
        unread=unread,
    )


def _only_namesake(identity: ManifestIdentity, found: Mapping[ManifestIdentity, object]) -> ManifestIdentity | None:
    group, kind, namespace, name = identity
    if namespace:
        return None
    namesakes = [each for each in found if (each[0], each[1], each[3]) == (group, kind, name)]
    return namesakes[0] if len(namesakes) == 1 else None


def _changes(
    running: ManifestObject,
    declared: Sequence[StatedFact],
    observed: Sequence[StatedFact],
    autoscalers: Sequence[ManifestObject],
) -> Iterator[DriftedFact]:
    before = {(fact.part, fact.name): fact for fact in declared}
    after = {(fact.part, fact.name): fact for fact in observed}
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if not all(fact.is_known for fact in (old, new) if fact is not None):
            continue
        if _meaning(running.kind, key[1], old) == _meaning(running.kind, key[1], new):
            continue
        if key[1] == "replicas" and _is_scaled(running, autoscalers):
            continue
        stating = new if new is not None and (new.value is not None or old is None) else old
        if stating is not None:
            yield DriftedFact(*key, _value(old), _value(new), stating.path)


def _value(fact: StatedFact | None) -> str | None:
    return None if fact is None else fact.value


def _meaning(kind: str, name: str, fact: StatedFact | None) -> object:
    if fact is not None and fact.value is not None:
        return fact.meaning
    default = _DEFAULTS.get(kind, {}).get(name)
    return parse_quantity(default) if default is not None and name.startswith(("limits", "requests")) else default


def _is_scaled(manifest: ManifestObject, autoscalers: Sequence[ManifestObject]) -> bool:
    """Whether an autoscaler sets the number of replicas, which then is nobody's declaration."""
    try:
        return any(
            serving_object_of(autoscaler, (manifest,)) is manifest
            for each in autoscalers
            for autoscaler in read_autoscalers(each)
        )
    except InvalidInputError:
        # An autoscaler that cannot be read is told as unread; replicas that it may set are no drift.
        return True
