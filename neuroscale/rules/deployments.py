"""From an object to the subjects that rules judge: every fact that is known about it, gathered once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerators_for_label_choices
from neuroscale.manifests.autoscaler import Autoscaler
from neuroscale.manifests.autoscaling import read_autoscalers
from neuroscale.manifests.container import Container
from neuroscale.manifests.device_claims import RESOURCES_BY_DEVICE_CLASS
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.serving import SERVING_KINDS, is_pod_object, is_serving_object, read_workloads
from neuroscale.manifests.targets import serving_object_of
from neuroscale.manifests.workload import AcceleratorRequest, ServingWorkload
from neuroscale.rules.architectures import resolve_architecture
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.finding import MissingFact, Severity
from neuroscale.rules.language_models import may_serve_language_model
from neuroscale.rules.subject import (
    ClusterFacts,
    Deployment,
    ModelSource,
    ScaledEndpoint,
    ServingObject,
    Subject,
)

# What a serving object can be merged with; everything else in a cluster is not even looked at.
_MERGED_KINDS = ("ServingRuntime", "ClusterServingRuntime", "LLMInferenceServiceConfig")
# What the pods of one namespace, or of the cluster, refer to.
_REFERRED_KINDS = ("ConfigMap", "DeviceClass", "ResourceClaim", "ResourceClaimTemplate")

KNOWN_ENGINES = "vLLM, SGLang, TensorRT-LLM, Text Generation Inference and huggingfaceserver"

# Characters of an object's name that every name KServe derives from it begins with, however long the name.
_SHORTEST_KEPT_NAME = 12


def subjects_of(
    manifest: ManifestObject, surroundings: Sequence[IndexedContext], facts: ClusterFacts
) -> tuple[Subject, ...]:
    """Return what there is to judge about an object; nothing when it neither serves a model nor scales one.

    Args:
        manifest: The object under judgement.
        surroundings: The objects around it, nearest first.
        facts: Everything else that is known.

    Raises:
        InvalidInputError: A field that has to be read holds a value of the wrong type.
    """
    subjects: list[Subject] = []
    if is_serving_object(manifest):
        deployments = tuple(
            _deployment(workload, surroundings, facts)
            for workload in workloads_of(manifest, surroundings, facts.kserve_version)
        )
        subjects.extend(deployments)
        if deployments or not is_pod_object(manifest):
            subjects.append(ServingObject(manifest, deployments))
    subjects.extend(_scaled_endpoint(autoscaler, surroundings, facts) for autoscaler in read_autoscalers(manifest))
    return tuple(subjects)


def workloads_of(
    manifest: ManifestObject, surroundings: Sequence[IndexedContext], kserve_version: str | None
) -> tuple[ServingWorkload, ...]:
    """Return what an object serves, shaped by the runtimes, presets and ConfigMaps around it, nearest first.

    Raises:
        InvalidInputError: A field that has to be read holds a value of the wrong type.
    """
    context = tuple(
        chain.from_iterable(
            (*index.of_kinds(_MERGED_KINDS), *index.of_kinds(_REFERRED_KINDS, manifest.namespace))
            for index in surroundings
        )
    )
    return read_workloads(manifest, context, kserve_version)


def _deployment(
    workload: ServingWorkload, surroundings: Sequence[IndexedContext], facts: ClusterFacts
) -> Deployment:
    resolved = resolve_architecture(workload, facts.models, facts.profile_keys)
    accelerators, source = possible_accelerators(workload.accelerators, workload.node_label_choices, surroundings)
    return Deployment(
        workload=workload,
        architecture=resolved.architecture,
        architecture_source=resolved.source,
        accelerators=accelerators,
        accelerators_source=source,
        missing_architecture=resolved.missing,
        doubts=tuple(_doubts(workload, facts.models)),
        profile_problem=resolved.profile_problem,
    )


def _doubts(workload: ServingWorkload, models: ModelSource) -> Iterator[MissingFact]:
    yield from _unknown_engine(workload, models)
    if not may_serve_language_model(workload):
        return
    if workload.runtime_missing is not None:
        yield MissingFact(
            (*workload.container_path, "runtime"),
            f"the serving runtime {workload.runtime_missing} is not known here, nor are the engine's settings",
            "give it with `--context`, or apply it before the InferenceService",
        )
    for sentence in workload.unjudgeable:
        yield MissingFact(workload.container_path, sentence.rstrip("."))


def _unknown_engine(workload: ServingWorkload, models: ModelSource) -> Iterator[MissingFact]:
    """Yield where a container on accelerators plainly serves a language model by an engine not known here."""
    container = workload.container
    if workload.settings is not None or workload.accelerators is None or container is None or not container.image:
        return
    if may_serve_language_model(workload) or _names_known_model(container, models):
        yield MissingFact(
            (*container.path, "image"),
            f"no engine that is known here runs in the image {container.image[:100]}: its options, parallel sizes "
            "and memory are not judged",
            f"nothing to do where it is meant; known are {KNOWN_ENGINES}",
            Severity.INFO,
        )


def _names_known_model(container: Container, models: ModelSource) -> bool:
    words = (word.text.rpartition("=")[2] for word in (*container.command, *container.arguments))
    return any(word.count("/") == 1 and models.find(word) is not None for word in words)


def possible_accelerators(
    request: AcceleratorRequest | None,
    node_label_choices: Mapping[str, tuple[str, ...]],
    surroundings: Sequence[IndexedContext],
) -> tuple[tuple[Accelerator, ...], str]:
    """Return the whole accelerators that a pod can get, and how that is known.

    Nothing is returned for shares of a device, or for claims that do not state whole devices: their memory is not
    the device's.

    Args:
        request: What the pod asks for; None when it asks for no accelerator.
        node_label_choices: The values that the pod allows, for each node label that it restricts.
        surroundings: The objects around it, nearest first; their nodes tell where its labels do not.

    Returns:
        The kinds, and "node labels", "nodes" or "" when they are not known.
    """
    if request is None or request.count is None:
        return (), ""
    # A driver of dynamic resource allocation offers the devices that a device plugin would offer by this resource.
    resource_name = RESOURCES_BY_DEVICE_CLASS.get(request.device_class, request.resource_name)
    named = accelerators_for_label_choices(node_label_choices)
    if named:
        fitting = tuple(accelerator for accelerator in named if accelerator.resource_name == resource_name)
        return fitting, "node labels" if fitting else ""
    found: dict[str, Accelerator] = {}
    for index in surroundings:
        for nodes in index.nodes_offering(request.resource_name):
            if not nodes.has_node_with(node_label_choices):
                continue
            if not nodes.accelerators:
                return (), ""
            for accelerator in nodes.accelerators:
                known = found.setdefault(accelerator.name, accelerator)
                if accelerator.memory_bytes > known.memory_bytes:
                    found[accelerator.name] = accelerator
    return tuple(found[name] for name in sorted(found)), "nodes" if found else ""


def _scaled_endpoint(
    autoscaler: Autoscaler, surroundings: Sequence[IndexedContext], facts: ClusterFacts
) -> ScaledEndpoint:
    manifest, target = autoscaler.manifest, autoscaler.target_name
    candidates = tuple(
        each
        for index in surroundings
        for each in index.of_kinds(SERVING_KINDS, manifest.namespace)
        if target.startswith(each.name[:_SHORTEST_KEPT_NAME])
    )
    serving_object = serving_object_of(autoscaler, (manifest, *candidates))
    read = () if serving_object is None else workloads_of(serving_object, surroundings, facts.kserve_version)
    workloads = tuple(workload for workload in read if may_serve_language_model(workload))
    return ScaledEndpoint(
        autoscaler=autoscaler,
        serving_object=serving_object,
        workloads=workloads,
        deployments=tuple(_deployment(workload, surroundings, facts) for workload in workloads),
        rivals=tuple(_rivals(manifest, target, surroundings)),
    )


def _rivals(
    manifest: ManifestObject, target: str, surroundings: Sequence[IndexedContext]
) -> Iterator[ManifestObject]:
    """Yield the autoscalers of a target of this name other than the object itself, each once."""
    seen = {(manifest.kind, manifest.name)}
    for index in surroundings:
        for each in index.autoscalers_of(target):
            if each is manifest or (each.kind, each.name) in seen:
                continue
            if not each.namespace or not manifest.namespace or each.namespace == manifest.namespace:
                seen.add((each.kind, each.name))
                yield each
