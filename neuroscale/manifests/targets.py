"""From an autoscaler to the serving object whose pods it scales."""

from collections.abc import Sequence

from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.created_names import inference_service_deployments, llm_inference_service_workloads
from neuroscale.manifests.object import ManifestObject

_SERVING_GROUP = "serving.kserve.io"
_POD_GROUPS = frozenset({"apps", "leaderworkerset.x-k8s.io"})
_CREATED_KINDS = frozenset({"Deployment", "LeaderWorkerSet"})


def serving_object_of(autoscaler: Autoscaler, objects: Sequence[ManifestObject]) -> ManifestObject | None:
    """Return the serving object that an autoscaler scales, or tries to; None when it is none of `objects`.

    It is the InferenceService or LLMInferenceService for which KServe creates a Deployment or LeaderWorkerSet of
    that name, or the object of the target's kind and name, in the autoscaler's namespace. An autoscaler that a
    serving object declares by its own fields belongs to that object.
    """
    if autoscaler.manifest.api_group == _SERVING_GROUP:
        return autoscaler.manifest
    neighbours = [each for each in objects if _shares_namespace(each, autoscaler.manifest)]
    for each in neighbours:
        if each.kind == autoscaler.target_kind and each.name == autoscaler.target_name:
            group = autoscaler.target_api_version.rpartition("/")[0]
            if each.api_group == _SERVING_GROUP and group in {"", _SERVING_GROUP}:
                return each
    if autoscaler.target_kind in _CREATED_KINDS:
        for each in neighbours:
            if autoscaler.target_name in _created_names(each):
                return each
    return next((each for each in neighbours if _is_target(each, autoscaler)), None)


def _is_target(manifest: ManifestObject, autoscaler: Autoscaler) -> bool:
    """Whether the object is the very Deployment, StatefulSet or LeaderWorkerSet that an autoscaler names."""
    group = autoscaler.target_api_version.rpartition("/")[0]
    return (
        manifest.api_group in _POD_GROUPS
        and manifest.kind == autoscaler.target_kind
        and manifest.name == autoscaler.target_name
        and group in {"", manifest.api_group}
    )


def _created_names(manifest: ManifestObject) -> frozenset[str]:
    if manifest.api_group != _SERVING_GROUP:
        return frozenset()
    if manifest.kind == "InferenceService":
        return inference_service_deployments(manifest)
    if manifest.kind == "LLMInferenceService":
        return llm_inference_service_workloads(manifest.name)
    return frozenset()


def _shares_namespace(one: ManifestObject, other: ManifestObject) -> bool:
    # A manifest without a namespace lands where its neighbours in the same change land.
    return one.namespace == other.namespace or not one.namespace or not other.namespace
