"""Plain pods that run an engine: Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job and CronJob.

A container that runs no engine declares nothing, and neither does an object that another one controls: it is judged
where its author wrote it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.accelerators import accelerator_request
from neuroscale.manifests.configuration_maps import read_engine_in_pod
from neuroscale.manifests.container import Container, EnvironmentVariable
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.model_reference import model_reference
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import Pod, read_pod
from neuroscale.manifests.workload import ServingWorkload

_TEMPLATE = ("spec", "template", "spec")
_POD_PATHS: Mapping[str, tuple[str, ...]] = {
    "CronJob": ("spec", "jobTemplate", *_TEMPLATE),
    "DaemonSet": _TEMPLATE,
    "Deployment": _TEMPLATE,
    "Job": _TEMPLATE,
    "Pod": ("spec",),
    "ReplicaSet": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
}
# Groups of the objects that make pods or pod templates and are read themselves.
_READ_GROUPS = frozenset({"apps", "batch", "leaderworkerset.x-k8s.io", "serving.kserve.io"})
_NODES = "--nnodes"


def read_pods(
    manifest: ManifestObject,
    context: Sequence[ManifestObject],
    kserve_version: str | None = None,  # noqa: ARG001 - a reader's signature
) -> tuple[ServingWorkload, ...]:
    """Return the workloads of an object with one pod template: one for each container that runs an engine.

    Args:
        manifest: The object.
        context: Other objects; ConfigMaps and resource claims are looked up here.
        kserve_version: Not looked at.

    Raises:
        InvalidInputError: An engine runs in the pod, and a field that is read holds a value of the wrong type.
    """
    at = root(manifest)
    if is_controlled_by_a_read_object(manifest):
        return ()
    for step in _POD_PATHS[manifest.kind]:
        at = at[step]
    return engine_workloads(at, "pod", context)


def engine_workloads(
    at: Field,
    part: str,
    context: Sequence[ManifestObject],
    pods_per_replica: int | None = None,
    variables: Mapping[str, str | None] = MappingProxyType({}),
) -> tuple[ServingWorkload, ...]:
    """Return one workload for each container of a pod specification that runs an engine.

    Args:
        at: The pod specification.
        part: Which part of the object it is.
        context: Other objects; ConfigMaps and resource claims are looked up here.
        pods_per_replica: Pods that form one replica; None takes what the engine is told.
        variables: What a controller puts before the variables of every container; None where it cannot be known.

    Raises:
        InvalidInputError: An engine runs in the pod, and a field that is read holds a value of the wrong type.
    """
    try:
        pod = _with_variables(read_pod(at), variables)
        return tuple(
            _workload(at.manifest, part, pod, container, settings, pods_per_replica, context)
            for container in pod.containers
            if (settings := read_engine_in_pod(container, pod, at.manifest.namespace, context)) is not None
        )
    except InvalidInputError:
        # Objects of these kinds are everywhere; what is wrong with one that runs no engine is not ours to say.
        if may_run_engine(at):
            raise
        return ()


def _with_variables(pod: Pod, variables: Mapping[str, str | None]) -> Pod:
    added = tuple(EnvironmentVariable(name, value, None) for name, value in variables.items())
    containers = tuple(
        replace(
            container,
            environment=(*added, *(each for each in container.environment if each.name not in variables)),
        )
        for container in pod.containers
    )
    return replace(pod, containers=containers) if added else pod


def is_controlled_by_a_read_object(manifest: ManifestObject) -> bool:
    """Whether a controller whose own objects are read made this object."""
    metadata = manifest.body.get("metadata")
    owners = metadata.get("ownerReferences") if isinstance(metadata, Mapping) else None
    return any(
        isinstance(owner, Mapping)
        and owner.get("controller") is True
        and str(owner.get("apiVersion", "")).rpartition("/")[0] in _READ_GROUPS
        for owner in (owners if isinstance(owners, list) else ())
    )


def may_run_engine(at: Field) -> bool:
    """Whether a container of a pod specification starts an engine, as far as its well-formed fields tell."""
    specification = at.value if isinstance(at.value, Mapping) else {}
    containers = specification.get("containers")
    return any(
        read_engine_settings(
            image if isinstance(image := container.get("image"), str) else None,
            _texts(container.get("command")),
            _texts(container.get("args")),
            {},
        )
        is not None
        for container in (containers if isinstance(containers, list) else ())
        if isinstance(container, Mapping)
    )


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _workload(
    manifest: ManifestObject,
    part: str,
    pod: Pod,
    container: Container,
    settings: EngineSettings,
    pods_per_replica: int | None,
    context: Sequence[ManifestObject],
) -> ServingWorkload:
    return ServingWorkload(
        manifest=manifest,
        part=part,
        container_path=container.path,
        settings=settings,
        model=model_reference(settings, container, ()),
        accelerators=accelerator_request(pod, container, manifest.namespace, context),
        node_labels=pod.node_labels(),
        node_label_choices=pod.node_label_choices(),
        pods_per_replica=pods_per_replica or _nodes(settings),
        container=container,
        pod=pod,
    )


def _nodes(settings: EngineSettings) -> int:
    nodes = settings.options.get(_NODES, "1")
    return int(nodes) if nodes.isascii() and nodes.isdigit() and 0 < len(nodes) <= 6 and int(nodes) > 0 else 1
