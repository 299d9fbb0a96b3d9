"""What KServe makes of a serving runtime and the InferenceService that uses it.

Source: KServe v0.20.0, `inferenceservice/utils` (containers and pod specifications are merged as strategic merge
patches, args are appended, placeholders and image tags are set afterwards).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from neuroscale.manifests.container import Container, EnvironmentVariable, ResourceAmount, VolumeMount, WrittenText
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import Pod, read_pod
from neuroscale.manifests.probes import merge_probes

ENGINE_CONTAINER = "kserve-container"
WORKER_CONTAINER = "worker-container"
_TAG = re.compile(r":[\w.\-]*$", re.ASCII)
_PLACEHOLDER = re.compile(
    r"\{\{-?\s*(?P<field>\.[\w.]+|index \.(?:Labels|Annotations) \\?\"[^\"\\]+\\?\")\s*-?\}\}"
)
_SERVER_TYPE_ANNOTATION = "serving.kserve.io/server-type"
_SERVER_TYPES_BY_NAME = {
    "kserve-huggingfaceserver": "huggingfaceserver",
    "kserve-tensorflow-serving": "tensorflow-serving",
    "kserve-torchserve": "torchserve",
    "kserve-vllmserver": "vllmserver",
}
_GPU_TAG_SERVERS = ("tensorflow-serving", "torchserve", "huggingfaceserver")


@dataclass(frozen=True, slots=True)
class ServingRuntime:
    """The parts of a ServingRuntime or ClusterServingRuntime that shape an engine's pods.

    Attributes:
        worker: The worker's pod for several nodes; None when the runtime has none.
        tensor_parallel_size: From its workerSpec; None when not stated.
        pipeline_parallel_size: From its workerSpec; None when not stated.
        uses_multiprocessing: Whether the nodes join without Ray (one node per pipeline stage).
    """

    manifest: ManifestObject
    pod: Pod
    server_type: str
    is_disabled: bool
    worker: Pod | None
    tensor_parallel_size: int | None
    pipeline_parallel_size: int | None
    uses_multiprocessing: bool


def read_runtime(manifest: ManifestObject) -> ServingRuntime:
    """Read a runtime object.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    spec = root(manifest)["spec"]
    worker = spec["workerSpec"]
    backend = spec["annotations"]["multinode/executor-backend"].text()
    return ServingRuntime(
        manifest=manifest,
        pod=read_pod(spec),
        server_type=_server_type(manifest),
        is_disabled=spec["disabled"].boolean(),
        worker=read_pod(worker) if worker.is_written else None,
        tensor_parallel_size=worker["tensorParallelSize"].integer(),
        pipeline_parallel_size=worker["pipelineParallelSize"].integer(),
        uses_multiprocessing=backend == "mp",
    )


def merge_container(runtime: Container, override: Container) -> Container:
    """Return the container KServe runs: the runtime's, with what the InferenceService writes laid over it.

    Image and command are replaced where written, args are appended, variables and resources replace by name.
    """
    return replace(
        override,
        name=override.name or runtime.name,
        image=override.image or runtime.image,
        command=override.command or _elsewhere(runtime.command),
        arguments=(*_elsewhere(runtime.arguments), *override.arguments),
        environment=_merge_environment(runtime.environment, override.environment),
        environment_sources=override.environment_sources
        or tuple(replace(source, path=None) for source in runtime.environment_sources),
        limits={**_amounts_elsewhere(runtime.limits), **override.limits},
        requests={**_amounts_elsewhere(runtime.requests), **override.requests},
        claims=override.claims or runtime.claims,
        mounts=_merge_mounts(runtime.mounts, override.mounts),
        working_directory=override.working_directory or runtime.working_directory,
        ports=tuple(dict.fromkeys((*runtime.ports, *override.ports))),
        probes=merge_probes(runtime.probes, override.probes),
    )


def merge_pod(runtime: Pod, override: Pod) -> Pod:
    """Return the pod specification KServe makes, without its containers.

    The runtime gives nodeSelector, affinity, volumes and claims; everything else is the InferenceService's alone.
    """
    return replace(
        override,
        containers=(),
        node_selector={**runtime.node_selector, **override.node_selector},
        affinity_terms=runtime.affinity_terms if override.affinity_terms is None else override.affinity_terms,
        volumes={**runtime.volumes, **override.volumes},
        storage={**runtime.storage, **override.storage},
        claims=override.claims or runtime.claims,
    )


def fill_placeholders(container: Container, service: Field) -> Container:
    """Replace `{{.Name}}` and its like in a merged container by the metadata of the InferenceService."""
    metadata = service["metadata"].mapping()

    def filled(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: _metadata_value(metadata, match), text)

    return replace(
        container,
        image=filled(container.image) if container.image else None,
        command=tuple(replace(text, text=filled(text.text)) for text in container.command),
        arguments=tuple(replace(text, text=filled(text.text)) for text in container.arguments),
        environment=tuple(
            replace(variable, value=filled(variable.value)) if variable.value else variable
            for variable in container.environment
        ),
    )


def tag_image(
    image: str | None, runtime_version: str | None, server_type: str, limits: Mapping[str, ResourceAmount]
) -> str | None:
    """Return the image KServe runs: the tag of `runtimeVersion`, or the CPU or GPU build of the runtime's image."""
    if image is None or "@sha256:" in image:
        return image
    match = _TAG.search(image)
    if runtime_version is not None:
        return f"{_TAG.sub('', image)}:{runtime_version}"
    if match is None:
        return image
    has_gpu = any(name == "nvidia.com/gpu" or name.startswith("nvidia.com/mig-") for name in limits)
    repository = image[: match.start()]
    if has_gpu and server_type in _GPU_TAG_SERVERS and not image.endswith("-gpu"):
        return f"{image}-gpu"
    if not has_gpu and server_type == "vllmserver" and not repository.endswith("-cpu"):
        return f"{repository}-cpu{match[0]}"
    return image


def _elsewhere(texts: tuple[WrittenText, ...]) -> tuple[WrittenText, ...]:
    return tuple(replace(text, path=None) for text in texts)


def _amounts_elsewhere(amounts: Mapping[str, ResourceAmount]) -> Mapping[str, ResourceAmount]:
    return {name: replace(amount, path=None) for name, amount in amounts.items()}


def _merge_mounts(runtime: tuple[VolumeMount, ...], override: tuple[VolumeMount, ...]) -> tuple[VolumeMount, ...]:
    overridden = {mount.mount_path for mount in override}
    return (*(mount for mount in runtime if mount.mount_path not in overridden), *override)


def _server_type(manifest: ManifestObject) -> str:
    annotated = manifest.annotations.get(_SERVER_TYPE_ANNOTATION)
    return annotated or _SERVER_TYPES_BY_NAME.get(manifest.name, "")


def _metadata_value(metadata: Mapping[str, Any], match: re.Match[str]) -> str:
    """Return what the template engine writes for a placeholder, the placeholder itself where it is not simple."""
    expression = match["field"]
    indexed = expression.startswith("index ")
    if indexed:
        container, _, quoted = expression.removeprefix("index .").partition(" ")
        steps = [container, quoted.strip('\\"')]
    else:
        steps = expression.removeprefix(".").split(".")
    steps[0] = steps[0].lower()
    value: object = metadata
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    if len(steps) == 1:
        return value if isinstance(value, str) else match[0]
    return value if isinstance(value, str) else ""


def _merge_environment(
    runtime: tuple[EnvironmentVariable, ...], override: tuple[EnvironmentVariable, ...]
) -> tuple[EnvironmentVariable, ...]:
    overridden = {variable.name for variable in override}
    kept = (replace(variable, path=None) for variable in runtime if variable.name not in overridden)
    return (*kept, *override)
