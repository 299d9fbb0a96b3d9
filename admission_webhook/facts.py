"""The facts a review is judged with: the catalogue, the cluster view and the objects given at start."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from admission_webhook.cluster_view.view import ClusterView, identity
from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.subject import ClusterFacts, ModelSource

_Identity = tuple[str, str, str, str]

_MAXIMUM_KEPT_NAMESPACES = 256

_MANIFEST_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


@dataclass(frozen=True, slots=True)
class _Surroundings:
    index: IndexedContext
    identities: frozenset[_Identity]


def read_context(paths: Sequence[Path]) -> tuple[ManifestObject, ...]:
    """Read the objects of files, and of the YAML and JSON files below directories, in a stable order.

    Raises:
        UnreadableInputError: A path cannot be read, or a file is no manifest.
    """
    objects: list[ManifestObject] = []
    for path in paths:
        files = (
            sorted(each for each in path.rglob("*") if each.suffix in _MANIFEST_SUFFIXES)
            if path.is_dir()
            else [path]
        )
        for file in files:
            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                raise UnreadableInputError(f"cannot be read: {reason}", field=str(file)) from error
            objects += load_manifests(text, str(file))
    return tuple(objects)


class KnownFacts:
    """What is known around an object under review, gathered without waiting for anything.

    What the cluster holds wins over what was given at start, and the object under review over its stored form.
    Indexing the surroundings costs more than judging one object, so the index of a namespace is kept until the view
    changes.
    """

    def __init__(
        self,
        models: ModelSource,
        view: ClusterView | None = None,
        given: Sequence[ManifestObject] = (),
        kserve_version: str | None = None,
    ) -> None:
        self._models = models
        self._view = view
        self._given = tuple(given)
        self._kserve_version = kserve_version
        self._kept: tuple[int, dict[str, _Surroundings]] = (-1, {})

    def about(self, manifest: ManifestObject) -> ClusterFacts:
        """Return the facts that a manifest is judged with."""
        surroundings = self._around(manifest.namespace)
        context = surroundings.index
        if identity(manifest) in surroundings.identities:
            context = IndexedContext(other for other in context if identity(other) != identity(manifest))
        return ClusterFacts(models=self._models, context=context, kserve_version=self._kserve_version)

    def _around(self, namespace: str) -> _Surroundings:
        # A review may be judged in a thread: generation and indices are one value, so that an index built from an
        # older view never outlives it.
        generation = self._view.generation if self._view is not None else 0
        kept_generation, kept = self._kept
        if generation != kept_generation or len(kept) >= _MAXIMUM_KEPT_NAMESPACES:
            kept = {}
            self._kept = (generation, kept)
        found = kept.get(namespace)
        if found is None:
            live = self._view.around(namespace) if self._view is not None else ()
            known = {identity(other) for other in live}
            objects = (*live, *(other for other in self._given if identity(other) not in known))
            found = _Surroundings(IndexedContext(objects), frozenset(identity(other) for other in objects))
            kept[namespace] = found
        return found
