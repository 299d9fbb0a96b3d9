"""Which object serves an endpoint: an InferenceService or an LLMInferenceService."""

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.llm_presets import presets_of
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.request import STORAGE_URI_FIELD, EndpointKind, EndpointRequest

# Source: KServe v0.17.0 to v0.20.0, `attachModelArtifacts` of the LLMInferenceService controller.
_LLM_SCHEMES = ("hf://", "s3://", "pvc://", "oci://")

# Kubernetes labels the pods of a StatefulSet with its name and a hash, in a value of 63 characters; LeaderWorkerSet
# makes one of the name, "-kserve-mn" and the number of the group.
LONGEST_GROUP_NAME = 63 - len("-kserve-mn") - len("-99") - len("-0123456789")


def endpoint_kind(request: EndpointRequest, engine: EngineDeployment) -> EndpointKind:
    """Return what serves the endpoint.

    Raises:
        InvalidInputError: What was asked for cannot run the replicas as they are planned.
    """
    is_group = engine.pods_per_replica > 1
    if request.kind == "inference-service" and is_group:
        raise InvalidInputError(
            f"an InferenceService cannot run a replica of {engine.pods_per_replica} pods by data parallelism",
            field="kind",
            fix="take llm-inference-service, or accelerators of which one node holds a whole replica",
        )
    if request.kind == "inference-service" or (request.kind == "auto" and not is_group):
        return "inference-service"
    _check_llm_inference_service(request, engine)
    return "llm-inference-service"


def _check_llm_inference_service(request: EndpointRequest, engine: EngineDeployment) -> None:
    release = presets_of(request.kserve_version)
    if release.single_node.arguments == "replace-preset":
        raise InvalidInputError(
            f"KServe {request.kserve_version} has no LLMInferenceService v1alpha2",
            field="kserve",
            fix="use KServe 0.17 or newer, or an InferenceService",
        )
    if not request.weights_uri.startswith(_LLM_SCHEMES):
        raise InvalidInputError(
            f"an LLMInferenceService takes no model from {request.weights_uri.partition('://')[0]}://",
            field=STORAGE_URI_FIELD,
            fix=f"store it at one of {', '.join(_LLM_SCHEMES)}, or take an InferenceService",
        )
    if engine.pods_per_replica == 1:
        return
    if len(request.name) > LONGEST_GROUP_NAME:
        raise InvalidInputError(
            f"{request.name!r} is too long for the labels that Kubernetes gives to a group of pods",
            field="name",
            fix=f"use at most {LONGEST_GROUP_NAME} characters",
        )
    if engine.data_parallel_size % engine.pods_per_replica:
        raise InvalidInputError(
            f"{engine.data_parallel_size} data-parallel ranks cannot be spread over {engine.pods_per_replica} pods",
            field="kind",
            fix="take a plan whose ranks are a multiple of its pods",
        )
