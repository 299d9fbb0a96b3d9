"""The judgement of what a cluster holds: each object among those of its namespace, by the rules of every gate."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from neuroscale.cluster.resources import JUDGED_RESOURCES
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.finding import Finding
from neuroscale.rules.subject import ClusterFacts

DEFAULT_KSERVE_NAMESPACE = "kserve"

Judge = Callable[[Sequence[ManifestObject], ClusterFacts], Sequence[Finding]]

_JUDGED_KINDS = frozenset((resource.group, resource.kind) for resource in JUDGED_RESOURCES)


@dataclass(frozen=True, slots=True)
class JudgedObject:
    """One object and what the rules say about it.

    Attributes:
        manifest: The object.
        findings: Before the platform's decisions.
        unread: Why it could not be judged; "" when it was.
    """

    manifest: ManifestObject
    findings: tuple[Finding, ...] = ()
    unread: str = ""


def is_judged(manifest: ManifestObject) -> bool:
    """Whether the rules judge objects of this kind; others are context."""
    return (manifest.api_group, manifest.kind) in _JUDGED_KINDS


def context_of(
    namespace: str, objects: Iterable[ManifestObject], kserve_namespace: str = DEFAULT_KSERVE_NAMESPACE
) -> IndexedContext:
    """Return what bears on a namespace: its own objects, those of no namespace, and KServe's presets."""
    return IndexedContext(
        each
        for each in objects
        if each.namespace in {namespace, ""}
        or (each.kind == "LLMInferenceServiceConfig" and each.namespace == kserve_namespace)
    )


def judge_each(
    objects: Iterable[ManifestObject], judge: Judge, facts_about: Callable[[ManifestObject], ClusterFacts]
) -> Iterator[JudgedObject]:
    """Judge objects one by one, each with the facts around it, so that one which cannot be read spoils no other."""
    for manifest in objects:
        try:
            yield JudgedObject(manifest, tuple(judge((manifest,), facts_about(manifest))))
        except InvalidInputError as error:
            yield JudgedObject(manifest, unread=str(error))
