"""The facts a review is judged with: the catalogue, the cluster view and the objects given at start."""

from collections.abc import Sequence
from pathlib import Path

from admission_webhook.cluster_view.view import ClusterView, identity
from admission_webhook.judgement import FactsSource
from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.subject import ClusterFacts, ModelSource

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


def facts_source(
    models: ModelSource, view: ClusterView | None, context: Sequence[ManifestObject], kserve_version: str | None
) -> FactsSource:
    """Return the function that gathers what is known around an object; it reads memory only.

    What the cluster holds wins over what was given at start, and the object under review over both.
    """

    def facts_about(manifest: ManifestObject) -> ClusterFacts:
        live = view.around(manifest) if view is not None else ()
        known = {identity(other) for other in live}
        known.add(identity(manifest))
        given = tuple(other for other in context if identity(other) not in known)
        return ClusterFacts(models=models, context=(*live, *given), kserve_version=kserve_version)

    return facts_about
