"""ConfigMaps around an object: the variables and the files that its containers get from them.

A ConfigMap that is not at hand leaves its variables hidden and its files unknown; nothing is guessed. Secrets are
never looked at. Source: Kubernetes API reference, `EnvVarSource`, `EnvFromSource`, `ConfigMapVolumeSource`,
`VolumeMount`.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.container import (
    Container,
    EnvironmentSource,
    EnvironmentVariable,
    VolumeMount,
    read_engine,
)
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod import ConfigurationMapFiles, Pod

_VARIABLE_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*", re.ASCII)


def with_known_variables(container: Container, namespace: str, context: Sequence[ManifestObject]) -> Container:
    """Return the container with the values that its variables take from ConfigMaps at hand.

    Args:
        container: As written, or as merged from a runtime and an object.
        namespace: Namespace of the pod; "" when the manifest names none.
        context: Objects among which the ConfigMaps are looked up.
    """
    takes_some = any(variable.configuration is not None for variable in container.environment)
    if not takes_some and not container.environment_sources:
        return container
    environment = tuple(
        resolved for variable in container.environment for resolved in _resolved(variable, namespace, context)
    )
    whole, unknown = _from_whole_maps(container.environment_sources, namespace, context)
    return replace(container, environment=(*whole, *environment), environment_sources=unknown)


def read_engine_in_pod(
    container: Container, pod: Pod, namespace: str, context: Sequence[ManifestObject]
) -> EngineSettings | None:
    """Return what the engine of a container is told, by itself and by the ConfigMaps at hand.

    Args:
        container: As written, or as merged from a runtime and an object.
        pod: The pod around it.
        namespace: Namespace of the pod; "" when the manifest names none.
        context: Objects among which the ConfigMaps are looked up.
    """
    known = with_known_variables(container, namespace, context)
    return read_engine(known, lambda: known_files(known, pod, namespace, context))


def known_files(
    container: Container, pod: Pod, namespace: str, context: Sequence[ManifestObject]
) -> Mapping[str, str]:
    """Return the texts of the files that ConfigMaps at hand put into a container, by path.

    A file is also there under its path relative to the container's working directory, where that is written.
    """
    # A volume mounted further below hides what is there.
    files = {
        path: text
        for mount in container.mounts
        for path, text in _mounted(mount, pod, namespace, context)
        if max((other for other in container.mounts if _is_below(path, other)), key=_depth) is mount
    }
    if container.working_directory is not None:
        base = container.working_directory
        files |= {
            posixpath.relpath(path, base): text
            for path, text in files.items()
            if path.startswith(f"{base.rstrip('/')}/")
        }
    return files


def configuration_map_data(
    name: str, namespace: str, context: Sequence[ManifestObject]
) -> Mapping[str, str] | None:
    """Return the texts of a ConfigMap by key, None when it is not among the objects."""
    for each in context:
        if each.kind != "ConfigMap" or each.name != name or each.api_group:
            continue
        # A manifest without a namespace lands where its neighbours land.
        if each.namespace == namespace or not each.namespace or not namespace:
            data = each.body.get("data")
            texts = data if isinstance(data, Mapping) else {}
            return {key: text for key, text in texts.items() if isinstance(key, str) and isinstance(text, str)}
    return None


def _resolved(
    variable: EnvironmentVariable, namespace: str, context: Sequence[ManifestObject]
) -> Iterator[EnvironmentVariable]:
    key = variable.configuration
    data = configuration_map_data(key.name, namespace, context) if key is not None else None
    if key is None or data is None:
        yield variable
    elif key.key in data:
        # What a reference brings is not expanded any further.
        yield replace(variable, value=data[key.key].replace("$", "$$"), configuration=None)
    elif not key.is_optional:
        yield variable


def _from_whole_maps(
    sources: Sequence[EnvironmentSource], namespace: str, context: Sequence[ManifestObject]
) -> tuple[tuple[EnvironmentVariable, ...], tuple[EnvironmentSource, ...]]:
    variables: dict[str, EnvironmentVariable] = {}
    unknown = []
    for source in sources:
        name = source.configuration_map
        data = configuration_map_data(name, namespace, context) if name is not None else None
        if data is None:
            unknown.append(source)
            # Whatever it holds wins over what came before it.
            variables = {each: replace(variable, value=None) for each, variable in variables.items()}
            continue
        for key, text in data.items():
            variable_name = f"{source.prefix}{key}"
            if _VARIABLE_NAME.fullmatch(variable_name):
                value = text.replace("$", "$$")
                variables[variable_name] = EnvironmentVariable(variable_name, value, source.path)
    return tuple(variables.values()), tuple(unknown)


def _mounted(
    mount: VolumeMount, pod: Pod, namespace: str, context: Sequence[ManifestObject]
) -> Iterator[tuple[str, str]]:
    if mount.sub_path is None:
        return
    for part in pod.volumes.get(mount.volume, ()):
        data = configuration_map_data(part.configuration_map, namespace, context)
        for path, text in _files(part, data or {}):
            if not mount.sub_path:
                yield posixpath.join(mount.mount_path, path), text
            elif path == mount.sub_path.strip("/"):
                yield mount.mount_path, text
            elif path.startswith(f"{mount.sub_path.strip('/')}/"):
                yield posixpath.join(mount.mount_path, path[len(mount.sub_path.strip("/")) + 1 :]), text


def _files(part: ConfigurationMapFiles, data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    items = part.items if part.items is not None else {key: key for key in data}
    for key, path in items.items():
        if key in data:
            yield path, data[key]


def _is_below(path: str, mount: VolumeMount) -> bool:
    return path == mount.mount_path or path.startswith(f"{mount.mount_path.rstrip('/')}/")


def _depth(mount: VolumeMount) -> int:
    return len(mount.mount_path.rstrip("/"))
