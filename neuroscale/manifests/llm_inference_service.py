"""LLMInferenceService v1alpha1 and v1alpha2: the engine pods that KServe's presets make of it.

Source: KServe v0.20.0, `pkg/controller/v1alpha2/llmisvc` (which preset is taken) and `config/llmisvcconfig` (what
the presets render). A field that no preset renders is a fault of the workload, as KServe drops it without a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.accelerators import accelerator_request
from neuroscale.manifests.base_references import merge_base_references
from neuroscale.manifests.configuration_maps import read_engine_in_pod, with_known_variables
from neuroscale.manifests.container import Container
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.llm_controller_faults import (
    dropped_parallelism,
    missing_preset,
    uneven_data_parallelism,
)
from neuroscale.manifests.llm_presets import (
    ADDITIONAL_ARGUMENTS,
    Preset,
    PresetRelease,
    engine_container,
    presets_of,
    rendered_option_paths,
)
from neuroscale.manifests.model_reference import model_reference, read_storage_uri
from neuroscale.manifests.object import ManifestObject, format_field_path
from neuroscale.manifests.pod import container_named, read_pod
from neuroscale.manifests.workload import AcceleratorRequest, ControllerFault, ServingWorkload

ENGINE_CONTAINER = "main"
_DEVICE_CLASS = "serving.kserve.io/exp-dra-device-class"
# What a template of KServe calls the block: `{{ .Spec.Parallelism.Tensor }}`, and the same under .Spec.Prefill.
_PARALLELISM_OF_THE_OBJECT = ".Parallelism."


@dataclass(frozen=True, slots=True)
class _Group:
    """One workload block of the object: the main one or `prefill`.

    Attributes:
        part: Name of its leading pods.
        worker_part: Name of its further pods.
        at: The block.
        kserve: The KServe release, for sentences.
    """

    part: str
    worker_part: str
    at: Field
    release: PresetRelease
    kserve: str

    @property
    def has_worker(self) -> bool:
        return self.at["worker"].is_written

    @property
    def preset(self) -> Preset:
        return self.release.data_parallel if self.has_worker else self.release.single_node


def read_llm_inference_service(
    manifest: ManifestObject,
    context: Sequence[ManifestObject],
    kserve_version: str | None = None,
) -> tuple[ServingWorkload, ...]:
    """Return the workloads of an LLMInferenceService: main pods, workers, prefill pods and prefill workers.

    Args:
        manifest: The LLMInferenceService.
        context: Other objects; LLMInferenceServiceConfig objects are looked up here.
        kserve_version: Release whose presets apply; None takes the newest known.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    spec = root(manifest)["spec"]
    release = presets_of(kserve_version)
    kserve = f"KServe {kserve_version or release.since}"
    referenced = merge_base_references(spec, context)
    if referenced.missing:
        names = ", ".join(referenced.missing)
        sentence = (
            f"The configuration {names} (spec.baseRefs) is not given, so the engine's settings are not known."
        )
        return _read_groups(spec, release, kserve, context, sentence)
    try:
        return _read_groups(referenced.field, release, kserve, context)
    except InvalidInputError as error:
        if referenced.field is spec:
            raise
        # The fault may lie in a configuration; one in the object itself is raised when it is read alone.
        sentence = f"What spec.baseRefs names cannot be merged with this object: {error}."
        return _read_groups(spec, release, kserve, context, sentence)


def _read_groups(
    spec: Field,
    release: PresetRelease,
    kserve: str,
    context: Sequence[ManifestObject],
    obstacle: str | None = None,
) -> tuple[ServingWorkload, ...]:
    groups = [_Group("predictor", "worker", spec, release, kserve)]
    if spec["prefill"].is_written:
        groups.append(_Group("prefill", "prefill-worker", spec["prefill"], release, kserve))
    return tuple(
        workload
        for group in groups
        for workload in _read_group(group, spec, obstacle or _obstacle(group, spec, context), context)
    )


def _read_group(
    group: _Group, spec: Field, obstacle: str | None, context: Sequence[ManifestObject]
) -> tuple[ServingWorkload, ...]:
    blocks = [(group.part, group.at["template"])]
    if group.has_worker:
        blocks.append((group.worker_part, group.at["worker"]))
    return tuple(_read_block(group, spec, part, block, obstacle, context) for part, block in blocks)


def _obstacle(group: _Group, spec: Field, context: Sequence[ManifestObject]) -> str | None:
    """Return why the command line of a group cannot be known, None when it can."""
    parallelism = group.at["parallelism"]
    data_parallel = any((parallelism[name].integer() or 0) > 0 for name in ("data", "dataLocal"))
    if not group.has_worker or data_parallel:
        return None
    if not _needs_pipeline_preset(group):
        return f"KServe refuses {format_field_path(group.at['worker'].path)} without data or pipeline parallelism."
    preset = _pipeline_preset(group, spec)
    if _is_at_hand(preset, context):
        return f"The engine's settings come from the preset {preset}, which is the cluster's own."
    return None


def _faults(group: _Group, spec: Field, context: Sequence[ManifestObject]) -> tuple[ControllerFault, ...]:
    """Return the faults of a whole group; which fields reach no engine depends on the container."""
    faults = tuple(uneven_data_parallelism(group.at["parallelism"])) if group.has_worker else ()
    if _needs_pipeline_preset(group) and not _is_at_hand(_pipeline_preset(group, spec), context):
        faults += (missing_preset(group.at, _pipeline_preset(group, spec)),)
    return faults


def _needs_pipeline_preset(group: _Group) -> bool:
    parallelism = group.at["parallelism"]
    data_parallel = any((parallelism[name].integer() or 0) > 0 for name in ("data", "dataLocal"))
    return group.has_worker and not data_parallel and (parallelism["pipeline"].integer() or 0) > 0


def _is_at_hand(preset: str, context: Sequence[ManifestObject]) -> bool:
    return any(each.kind == "LLMInferenceServiceConfig" and each.name == preset for each in context)


def _pipeline_preset(group: _Group, spec: Field) -> str:
    role = "prefill-" if group.part == "prefill" else "decode-" if spec["prefill"].is_written else ""
    return f"kserve-config-llm-{role}worker-pipeline-parallel"


def _read_block(
    group: _Group,
    spec: Field,
    part: str,
    block: Field,
    obstacle: str | None,
    context: Sequence[ManifestObject],
) -> ServingWorkload:
    parallelism = group.at["parallelism"]
    pod = read_pod(block)
    # A pod without the engine's container runs the preset's; findings then point at the nearest written field.
    nearest = block if block.is_written else parallelism if parallelism.is_written else group.at
    written = container_named(pod, ENGINE_CONTAINER) or Container(nearest.path, name=ENGINE_CONTAINER)
    known = with_known_variables(written, spec.manifest.namespace, context)
    others = tuple(container for container in pod.containers if container is not written)
    stored = read_storage_uri(spec["model"]["uri"])
    unjudgeable = (*([obstacle] if obstacle is not None else []), *_unreadable(group, known))
    faults = _faults(group, spec, context)
    container, option_paths = known, {}
    settings = None
    if not unjudgeable and all(fault.kind != "no pods" for fault in faults):
        own_command = bool(written.command)
        if not own_command:
            name = spec["model"]["name"].text() or spec.manifest.name
            container = engine_container(known, group.preset, group.release.image, parallelism, name)
            option_paths = dict(rendered_option_paths(group.preset, parallelism))
        settings = read_engine_in_pod(container, pod, spec.manifest.namespace, context)
        preset = None if own_command else group.preset
        if not (own_command and _renders_parallelism(written)):
            faults += tuple(dropped_parallelism(parallelism, preset, group.kserve, has_worker=group.has_worker))
    if settings is not None:
        # What the object writes as an argument comes after what the preset renders, and wins.
        option_paths = {option: path for option, path in option_paths.items() if option not in settings.positions}
    return ServingWorkload(
        manifest=spec.manifest,
        part=part,
        container_path=written.path,
        settings=settings,
        model=model_reference(settings, container, stored),
        accelerators=accelerator_request(
            replace(pod, containers=(container, *others)), container, spec.manifest.namespace, context
        )
        or _managed_claim(spec.manifest),
        node_labels=pod.node_labels(),
        node_label_choices=pod.node_label_choices(),
        pods_per_replica=_pods_per_replica(group),
        unjudgeable=unjudgeable,
        option_paths=option_paths,
        controller_faults=faults,
    )


def _renders_parallelism(written: Container) -> bool:
    """Whether a command of the container's own takes a size from the object through KServe's template engine."""
    return any(_PARALLELISM_OF_THE_OBJECT in each.text for each in (*written.command, *written.arguments))


def _unreadable(group: _Group, written: Container) -> list[str]:
    if written.command:
        return []
    if group.preset.arguments == "replace-script" and written.arguments:
        sentence = (
            f"In {group.kserve} the args of container {ENGINE_CONTAINER} replace the script that "
            f"starts the engine; pass options in {ADDITIONAL_ARGUMENTS} instead."
        )
        return [sentence]
    hidden = ADDITIONAL_ARGUMENTS in written.hidden_environment()
    if hidden and group.preset.additional_arguments:
        return [f"{ADDITIONAL_ARGUMENTS} is taken from another object, so the engine's settings are not known."]
    return []


def _pods_per_replica(group: _Group) -> int:
    if not group.has_worker:
        return 1
    parallelism = group.at["parallelism"]
    data = parallelism["data"].integer() or 0
    local = parallelism["dataLocal"].integer() or 0
    if data > 0 or local > 0:
        return max(max(data, 1) // max(local, 1), 1)
    return max(parallelism["pipeline"].integer() or 1, 1)


def _managed_claim(manifest: ManifestObject) -> AcceleratorRequest | None:
    # KServe makes a ResourceClaimTemplate from these annotations and claims its devices in the engine's container.
    if _DEVICE_CLASS in manifest.annotations:
        return AcceleratorRequest("", None, ("metadata", "annotations", _DEVICE_CLASS))
    return None
