"""Which model a workload loads, from the engine's own argument or from what KServe downloads for it."""

from dataclasses import dataclass

from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.container import Container
from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.workload import ModelReference

DEFAULT_MOUNT_PATH = "/mnt/models"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that is downloaded or mounted into the pod before the engine starts."""

    uri: str
    mount_path: str
    path: FieldPath


def read_storage_uri(at: Field) -> tuple[StoredModel, ...]:
    """Return the model of a `storageUri` or `model.uri` field, none when it is absent."""
    uri = at.text()
    return () if uri is None else (StoredModel(uri, DEFAULT_MOUNT_PATH, at.path),)


def read_storage_uris(at: Field) -> tuple[StoredModel, ...]:
    """Return the models of a `storageUris` list."""
    models = []
    for element in at.elements():
        uri = element["uri"].text()
        if uri is not None:
            mount_path = element["mountPath"].text() or DEFAULT_MOUNT_PATH
            models.append(StoredModel(uri, mount_path, (*element.path, "uri")))
    return tuple(models)


def read_storage_variable(container: Container) -> tuple[StoredModel, ...]:
    """Return the model that a custom predictor names in its STORAGE_URI variable."""
    for variable in container.environment:
        if variable.name == "STORAGE_URI" and variable.value:
            path = variable.path or container.path
            return (StoredModel(variable.value, DEFAULT_MOUNT_PATH, (*path, "value")),)
    return ()


def model_reference(
    settings: EngineSettings | None, container: Container, stored: tuple[StoredModel, ...]
) -> ModelReference | None:
    """Return the model that is loaded; None when the manifest does not say.

    The engine's own argument wins unless it is a path under which a stored model is mounted.
    """
    argument = settings.model if settings is not None else None
    if settings is None or argument is None:
        return _reference(stored[0]) if len(stored) == 1 else None
    mounted = [model for model in stored if _is_below(argument, model.mount_path)]
    if mounted:
        return _reference(max(mounted, key=lambda model: len(model.mount_path)))
    return ModelReference(argument, _argument_path(argument, container))


def _reference(model: StoredModel) -> ModelReference:
    return ModelReference(model.uri, model.path)


def _is_below(path: str, mount_path: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{mount_path.rstrip('/')}/")


def _argument_path(model: str, container: Container) -> FieldPath:
    """Return the argument or variable in which a model stands: as a whole, after "=", or inside a script."""
    arguments = (*container.command, *container.arguments)
    for text in arguments:
        if text.path is not None and (text.text == model or text.text.endswith(f"={model}")):
            return text.path
    for text in arguments:
        if text.path is not None and model in text.text:
            return text.path
    for variable in container.environment:
        if variable.path is not None and variable.value == model:
            return variable.path
    return container.path
