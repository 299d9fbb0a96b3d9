"""The facts a review is judged with: the catalogue, the cluster view and the objects given at start."""

from collections.abc import Sequence
from pathlib import Path

from admission_webhook.cluster_view.view import ClusterView
from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.subject import ClusterFacts, ModelSource

_MAXIMUM_KEPT_NAMESPACES = 256

_MANIFEST_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


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

    What the cluster holds wins over what was given at start. The stored form of the object under review is among
    what the cluster holds: taking it out would mean a new index for every update, and the judgement prefers the
    objects that it judges. Indexing costs more than judging, so the index of a namespace is kept until what it
    holds changes.
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
        self._kept: dict[str, tuple[int, IndexedContext]] = {}

    def about(self, manifest: ManifestObject) -> ClusterFacts:
        """Return the facts that a manifest is judged with."""
        context = self._around(manifest.namespace)
        return ClusterFacts(models=self._models, context=context, kserve_version=self._kserve_version)

    def _around(self, namespace: str) -> IndexedContext:
        # The generation is read before the objects: an index is never taken for newer than it is, whichever thread
        # asks while the view changes.
        generation = self._view.generation(namespace) if self._view is not None else 0
        kept = self._kept.get(namespace)
        if kept is not None and kept[0] == generation:
            return kept[1]
        live = self._view.around(namespace) if self._view is not None else ()
        known = {other.identity for other in live}
        index = IndexedContext((*live, *(other for other in self._given if other.identity not in known)))
        if len(self._kept) >= _MAXIMUM_KEPT_NAMESPACES:
            self._kept = {}
        self._kept[namespace] = (generation, index)
        return index
