"""The ConfigMaps that an object names: read by name, nobody needs the right to list them all."""

from collections.abc import Iterator, Mapping

from neuroscale.manifests.object import ManifestObject

# A volume and a projected volume, a variable, and all variables at once (Kubernetes API reference, PodSpec).
_REFERENCES = ("configMap", "configMapKeyRef", "configMapRef")
_DEEPEST = 32


def named_configuration_maps(manifest: ManifestObject) -> frozenset[str]:
    """Return the names of the ConfigMaps that pods of an object take variables or files from."""
    return frozenset(_names(manifest.body.get("spec"), _DEEPEST))


def _names(value: object, deepest: int) -> Iterator[str]:
    if deepest == 0:
        return
    if isinstance(value, Mapping):
        for key, below in value.items():
            if key in _REFERENCES and isinstance(below, Mapping) and isinstance(below.get("name"), str):
                yield below["name"]
            yield from _names(below, deepest - 1)
    elif isinstance(value, list):
        for below in value:
            yield from _names(below, deepest - 1)
