"""Names of the objects that KServe creates for a serving object.

Source: KServe v0.20.0, `pkg/constants` (predictor names) and `pkg/controller/v1alpha2/llmisvc` (child names).
"""

import hashlib
from collections.abc import Mapping

from neuroscale.manifests.object import ManifestObject

_MAXIMUM_NAME_CHARACTERS = 63
_LLM_WORKLOAD_SUFFIXES = ("-kserve", "-kserve-mn", "-kserve-prefill", "-kserve-mn-prefill")


def predictor_name(service_name: str, variant: str = "") -> str:
    """Return the name of a predictor's Deployment, Service, autoscaler: the variant is `spec.predictor.name`."""
    return f"{service_name}-{variant}-predictor" if variant else f"{service_name}-predictor"


def inference_service_deployments(manifest: ManifestObject) -> frozenset[str]:
    """Return the names of the engine Deployments of an InferenceService: predictor, workers, canaries."""
    spec = manifest.body.get("spec")
    if not isinstance(spec, Mapping):
        return frozenset({predictor_name(manifest.name)})
    canaries = spec.get("canary")
    holders = [spec, *(canaries if isinstance(canaries, list) else [])]
    predictors = [holder.get("predictor") for holder in holders if isinstance(holder, Mapping)]
    variants = [predictor.get("name") for predictor in predictors if isinstance(predictor, Mapping)]
    names = {predictor_name(manifest.name, variant if isinstance(variant, str) else "") for variant in variants}
    return frozenset({*names, f"{predictor_name(manifest.name)}-worker"})


def llm_inference_service_workloads(name: str) -> frozenset[str]:
    """Return the names of the Deployments and LeaderWorkerSets of an LLMInferenceService."""
    return frozenset(child_name(name, suffix) for suffix in _LLM_WORKLOAD_SUFFIXES)


def child_name(parent: str, suffix: str) -> str:
    """Return the name Knative's `kmeta.ChildName` gives: parent and suffix, shortened with a digest when too long.

    Args:
        parent: Name of the owner.
        suffix: Shorter than 31 characters, as every suffix KServe uses.

    Source: knative.dev/pkg `kmeta/names.go`.
    """
    if len(parent) + len(suffix) <= _MAXIMUM_NAME_CHARACTERS:
        return parent + suffix
    digest = hashlib.md5(parent.encode(), usedforsecurity=False).hexdigest()
    kept = _MAXIMUM_NAME_CHARACTERS - len(digest) - len(suffix)
    return f"{parent[:kept]}{digest}{suffix}"
