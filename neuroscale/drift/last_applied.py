"""What an object's author applied, as `kubectl apply` keeps it on the object itself."""

from collections.abc import Iterator, Sequence

from neuroscale.errors import NeuroScaleError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject

LAST_APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def last_applied(objects: Sequence[ManifestObject]) -> tuple[ManifestObject, ...]:
    """Return the manifests that objects were last applied with; nothing for one that carries none it could be."""
    return tuple(declared for manifest in objects for declared in _last_applied(manifest))


def _last_applied(manifest: ManifestObject) -> Iterator[ManifestObject]:
    text = manifest.annotations.get(LAST_APPLIED_ANNOTATION)
    if text is None:
        return
    try:
        declared = load_manifests(text, LAST_APPLIED_ANNOTATION)
    except NeuroScaleError:
        return
    for each in declared:
        named = (each.api_group, each.kind, each.name) == (manifest.api_group, manifest.kind, manifest.name)
        if named and each.namespace in {"", manifest.namespace}:
            yield each
