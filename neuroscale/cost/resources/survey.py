"""From manifests to footprints: everything that occupies something, with what shapes it from outside merged in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain

from neuroscale.cost.resources.footprint import AcceleratorUse, Footprint, ObjectIdentity, PartFootprint
from neuroscale.cost.resources.kserve_pods import (
    INFERENCE_SERVICE,
    LLM_INFERENCE_SERVICE,
    Surroundings,
    read_inference_service_pods,
    read_llm_inference_service_pods,
)
from neuroscale.cost.resources.kserve_settings import KServeSettings, read_kserve_settings
from neuroscale.cost.resources.plain_pods import PLAIN_KINDS, claim_disk_bytes, read_plain_pods
from neuroscale.cost.resources.pod_group import PodGroup
from neuroscale.cost.resources.pod_requests import DeviceRequest, pod_requests
from neuroscale.cost.resources.replicas import ScalingIndex
from neuroscale.cost.resources.serving_facts import serving_facts
from neuroscale.cost.resources.span import fixed
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.accelerators import WHOLE_DEVICE_RESOURCES
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod_workloads import is_controlled_by_a_read_object
from neuroscale.manifests.workload import AcceleratorRequest
from neuroscale.rules.context import IndexedContext, index_context
from neuroscale.rules.deployments import possible_accelerators, subjects_of
from neuroscale.rules.subject import ClusterFacts, Deployment

_CLAIM = ("", "PersistentVolumeClaim")
_COUNTED = frozenset({*PLAIN_KINDS, INFERENCE_SERVICE, LLM_INFERENCE_SERVICE, _CLAIM})
SHAPING_OR_COUNTED: frozenset[tuple[str, str]] = frozenset(
    {
        *_COUNTED,
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
        ("serving.kserve.io", "ClusterServingRuntime"),
        ("serving.kserve.io", "LLMInferenceServiceConfig"),
        ("serving.kserve.io", "ServingRuntime"),
    }
)
"""API group and kind of what is counted, and of what decides how much the counted objects occupy."""


def survey(objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Footprint, ...]:
    """Return what each object occupies that makes pods or claims storage, in the order of their identities.

    Runtimes, autoscalers, nodes and configurations among the objects, and in the context, shape the others. What a
    controller made of an object that is read itself is left out, or it would count twice.

    Args:
        objects: What is counted.
        facts: What is known around it; none of its objects is counted.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type or out of range, or an object is
            written twice with different contents.
    """
    _refuse_contradictions(objects)
    surroundings = (IndexedContext(objects), index_context(facts.context))
    scaling = ScalingIndex(objects, facts.context)
    context = (*objects, *facts.context)
    settings = read_kserve_settings(context, facts.kserve_version)
    found_nodes = chain.from_iterable(index.of_kinds(("Node",)) for index in surroundings)
    nodes = tuple({node.name: node for node in found_nodes}.values())
    footprints: dict[ObjectIdentity, Footprint] = {}
    for manifest in objects:
        if (manifest.api_group, manifest.kind) not in _COUNTED or is_controlled_by_a_read_object(manifest):
            continue
        try:
            footprint = _footprint(manifest, surroundings, facts, scaling, settings, nodes, context)
        except InvalidInputError as error:
            raise _located(error, manifest) from error
        # The same object written again, alike: autoscalers are found for the first.
        footprints.setdefault(footprint.identity, footprint)
    return tuple(footprints[identity] for identity in sorted(footprints))


def _footprint(
    manifest: ManifestObject,
    surroundings: Sequence[IndexedContext],
    facts: ClusterFacts,
    scaling: ScalingIndex,
    settings: KServeSettings,
    nodes: Sequence[ManifestObject],
    context: Sequence[ManifestObject],
) -> Footprint:
    labels = manifest.labels
    key = (manifest.api_group, manifest.kind)
    parts: tuple[PartFootprint, ...]
    if key == _CLAIM:
        parts = (PartFootprint("claim", fixed(0), Fraction(0), Fraction(0), claim_disk_bytes(manifest)),)
    else:
        deployments = [each for each in subjects_of(manifest, surroundings, facts) if isinstance(each, Deployment)]
        around = Surroundings(scaling.scaling(manifest), deployments, settings, context)
        if key == INFERENCE_SERVICE:
            groups = read_inference_service_pods(manifest, around)
        elif key == LLM_INFERENCE_SERVICE:
            groups = read_llm_inference_service_pods(manifest, around)
        else:
            groups = read_plain_pods(manifest, around.autoscalers, deployments, nodes)
        parts = tuple(_part(group, manifest, context, surroundings) for group in groups)
    return Footprint(
        identity=identity_of(manifest),
        owner=labels.get("owner", ""),
        cost_center=labels.get("cost-center", ""),
        parts=parts,
    )


def identity_of(manifest: ManifestObject) -> ObjectIdentity:
    """Return what makes an object the same one before and after a change.

    Of a generated name only its beginning counts.
    """
    name = manifest.name
    metadata = manifest.body.get("metadata")
    generated = metadata.get("generateName") if isinstance(metadata, Mapping) else None
    if not name and isinstance(generated, str):
        name = f"{generated}*"
    return ObjectIdentity(manifest.kind, manifest.namespace, name, manifest.api_group)


def _part(
    group: PodGroup,
    manifest: ManifestObject,
    context: Sequence[ManifestObject],
    surroundings: Sequence[IndexedContext],
) -> PartFootprint:
    requests = pod_requests(group.pod, group.engine, manifest.namespace, context)
    devices = requests.devices
    workload = None if group.deployment is None else group.deployment.workload
    is_claimed_elsewhere = (
        workload is not None
        and workload.accelerators is not None
        and workload.accelerators.count is None
        and group.is_complete
    )
    if not devices and is_claimed_elsewhere:
        devices = (DeviceRequest("", "", None),)
    uses = tuple(_use(device, group, surroundings) for device in devices)
    doubts = (*group.doubts, *_open_requests(requests.is_processor_open, requests.is_memory_open, group))
    if any(use.count is None for use in uses):
        doubts = (
            *doubts,
            "How many devices are claimed is not known: the claims are not given, or state no number.",
        )
    return PartFootprint(
        part=group.part,
        pods=group.pods,
        processor_cores=requests.processor_cores,
        memory_bytes=requests.memory_bytes,
        disk_bytes=group.disk_bytes,
        accelerators=uses,
        serving=None if group.deployment is None else serving_facts(group.deployment),
        doubts=doubts,
        is_complete=group.is_complete and all(use.count is not None for use in uses),
    )


def _open_requests(is_processor_open: bool, is_memory_open: bool, group: PodGroup) -> Iterator[str]:
    if not group.is_complete or group.pods.is_nothing:
        return
    open_names = [name for name, is_open in (("CPU", is_processor_open), ("memory", is_memory_open)) if is_open]
    if open_names:
        yield f"A container asks for no {' and no '.join(open_names)}: what it takes is not reserved, nor counted."


def _use(device: DeviceRequest, group: PodGroup, surroundings: Sequence[IndexedContext]) -> AcceleratorUse:
    is_whole = bool(device.device_class) or device.resource_name in WHOLE_DEVICE_RESOURCES
    if device.count is None or not is_whole:
        return AcceleratorUse(device.device_class or device.resource_name, (), device.count)
    request = AcceleratorRequest(device.resource_name, int(device.count), (), device_class=device.device_class)
    kinds, _ = possible_accelerators(request, group.pod.node_label_choices(), surroundings)
    return AcceleratorUse(device.device_class or device.resource_name, kinds, device.count)


def _refuse_contradictions(objects: Iterable[ManifestObject]) -> None:
    seen: dict[ObjectIdentity, ManifestObject] = {}
    for manifest in objects:
        if (manifest.api_group, manifest.kind) not in SHAPING_OR_COUNTED:
            continue
        first = seen.setdefault(identity_of(manifest), manifest)
        if first is not manifest and first.body != manifest.body:
            raise InvalidInputError(
                f"{identity_of(manifest).title} is written twice, and not alike"
                f" (the other stands in {_place(first) or 'the same input'})",
                field=_place(manifest) or None,
                fix="give what is applied, such as the output of `kustomize build`, not its sources",
            )


def _located(error: InvalidInputError, manifest: ManifestObject) -> InvalidInputError:
    place = _place(manifest)
    title = identity_of(manifest).title
    parts = [each for each in (place, title, error.field) if each]
    return InvalidInputError(error.message, field=": ".join(parts), fix=error.fix)


def _place(manifest: ManifestObject) -> str:
    source = manifest.source
    if source is None:
        return ""
    position = source.position(())
    return source.file if position is None else f"{source.file}:{position.line}"
