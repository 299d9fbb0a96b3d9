"""From any object to the serving workloads it declares: one reader per kind."""

from collections.abc import Callable, Mapping, Sequence

from neuroscale.manifests.inference_service import read_inference_service
from neuroscale.manifests.llm_inference_service import read_llm_inference_service
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving_runtime import read_serving_runtime
from neuroscale.manifests.workload import ServingWorkload

_Reader = Callable[[ManifestObject, Sequence[ManifestObject], str | None], tuple[ServingWorkload, ...]]

_READERS: Mapping[tuple[str, str], _Reader] = {
    ("serving.kserve.io", "ClusterServingRuntime"): read_serving_runtime,
    ("serving.kserve.io", "InferenceService"): read_inference_service,
    ("serving.kserve.io", "LLMInferenceService"): read_llm_inference_service,
    ("serving.kserve.io", "ServingRuntime"): read_serving_runtime,
}

SERVING_KINDS: frozenset[str] = frozenset(kind for _, kind in _READERS)
"""Kinds that declare serving workloads; objects of the same kind in another API group declare none."""


def is_serving_object(manifest: ManifestObject) -> bool:
    """Whether the object is of a kind, in its own API group, that declares serving workloads."""
    return (manifest.api_group, manifest.kind) in _READERS


def read_workloads(
    manifest: ManifestObject, context: Sequence[ManifestObject] = (), kserve_version: str | None = None
) -> tuple[ServingWorkload, ...]:
    """Return the serving workloads of an object, none for an object of another kind.

    Args:
        manifest: Any object.
        context: Other objects that shape it: serving runtimes, presets.
        kserve_version: Release of KServe whose presets apply, e.g. "0.20.0"; None takes the newest known.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type; the error names the field.
    """
    reader = _READERS.get((manifest.api_group, manifest.kind))
    return () if reader is None else reader(manifest, context, kserve_version)
