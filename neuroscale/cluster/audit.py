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


class NamespaceContexts:
    """What bears on each namespace: its own objects, those of no namespace, and KServe's presets."""

    def __init__(self, objects: Iterable[ManifestObject], kserve_namespace: str = DEFAULT_KSERVE_NAMESPACE) -> None:
        self._by_namespace: dict[str, list[ManifestObject]] = {}
        for each in objects:
            self._by_namespace.setdefault(each.namespace, []).append(each)
        self._presets = [
            each
            for each in self._by_namespace.get(kserve_namespace, ())
            if each.kind == "LLMInferenceServiceConfig"
        ]
        self._kserve_namespace = kserve_namespace
        self._indexed: dict[str, IndexedContext] = {}

    def of(self, namespace: str) -> IndexedContext:
        """Return what bears on a namespace, indexed once."""
        if namespace not in self._indexed:
            own = self._by_namespace.get(namespace, []) if namespace else []
            presets = self._presets if namespace != self._kserve_namespace else []
            self._indexed[namespace] = IndexedContext((*own, *self._by_namespace.get("", ()), *presets))
        return self._indexed[namespace]


def judge_each(
    objects: Iterable[ManifestObject], judge: Judge, facts_about: Callable[[ManifestObject], ClusterFacts]
) -> Iterator[JudgedObject]:
    """Judge objects one by one, each with the facts around it, so that one which cannot be read spoils no other."""
    for manifest in objects:
        try:
            yield JudgedObject(manifest, tuple(judge((manifest,), facts_about(manifest))))
        except InvalidInputError as error:
            yield JudgedObject(manifest, unread=str(error))
