"""From any object to the autoscalers it declares: one reader per kind."""

from collections.abc import Callable, Mapping

from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.horizontal_pod_autoscaler import read_horizontal_pod_autoscaler
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.scaled_object import read_scaled_object

_Reader = Callable[[ManifestObject], tuple[Autoscaler, ...]]

_READERS: Mapping[tuple[str, str], _Reader] = {
    ("autoscaling", "HorizontalPodAutoscaler"): read_horizontal_pod_autoscaler,
    ("keda.sh", "ScaledObject"): read_scaled_object,
}

AUTOSCALER_KINDS: frozenset[str] = frozenset(kind for _, kind in _READERS)
"""Kinds that declare autoscalers; objects of the same kind in another API group declare none."""


def read_autoscalers(manifest: ManifestObject) -> tuple[Autoscaler, ...]:
    """Return the autoscalers of an object, none for an object of another kind.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type; the error names the field.
    """
    reader = _READERS.get((manifest.api_group, manifest.kind))
    return () if reader is None else reader(manifest)
