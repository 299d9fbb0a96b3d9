"""From any object to the autoscalers it declares, itself or by the fields KServe makes one from."""

from collections.abc import Callable, Mapping

from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.horizontal_pod_autoscaler import read_horizontal_pod_autoscaler
from neuroscale.manifests.inference_service_autoscaling import read_inference_service_autoscaler
from neuroscale.manifests.llm_inference_service_autoscaling import read_llm_inference_service_autoscalers
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.scaled_object import read_scaled_object

_Reader = Callable[[ManifestObject], tuple[Autoscaler, ...]]

_AUTOSCALERS: Mapping[tuple[str, str], _Reader] = {
    ("autoscaling", "HorizontalPodAutoscaler"): read_horizontal_pod_autoscaler,
    ("keda.sh", "ScaledObject"): read_scaled_object,
}

_READERS: Mapping[tuple[str, str], _Reader] = {
    **_AUTOSCALERS,
    ("serving.kserve.io", "InferenceService"): read_inference_service_autoscaler,
    ("serving.kserve.io", "LLMInferenceService"): read_llm_inference_service_autoscalers,
}

# Whose controllers keep autoscalers of their own for objects that are read themselves.
_CONTROLLING_GROUPS = frozenset({"keda.sh", "serving.kserve.io"})

AUTOSCALER_KINDS: frozenset[str] = frozenset(kind for _, kind in _AUTOSCALERS)
"""Kinds that are autoscalers; objects of the same kind in another API group are none."""


def read_autoscalers(manifest: ManifestObject) -> tuple[Autoscaler, ...]:
    """Return the autoscalers of an object, none for an object of another kind.

    What KEDA keeps for a ScaledObject, or KServe for a serving object, declares none: it is judged where its author
    wrote it.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type; the error names the field.
    """
    reader = _READERS.get((manifest.api_group, manifest.kind))
    return () if reader is None or _is_made_by_a_controller(manifest) else reader(manifest)


def _is_made_by_a_controller(manifest: ManifestObject) -> bool:
    metadata = manifest.body.get("metadata")
    owners = metadata.get("ownerReferences") if isinstance(metadata, Mapping) else None
    return any(
        isinstance(owner, Mapping)
        and owner.get("controller") is True
        and str(owner.get("apiVersion", "")).rpartition("/")[0] in _CONTROLLING_GROUPS
        for owner in (owners if isinstance(owners, list) else ())
    )
