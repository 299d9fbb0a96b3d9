"""One container of a pod specification, and what its engine is told."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import ANY_VARIABLE, ArgumentPosition, ArgumentProblem, EngineSettings
from neuroscale.engines.words import container_words
from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.probes import Probe, ProbeKind, read_probes

# Index of an argument that stands in another object, the runtime or preset that was merged in.
WRITTEN_ELSEWHERE = -1
# The option by which an engine reads further options from a file.
_CONFIGURATION_FILES = ("--config", "--extra_llm_api_options")
_SHELL_EXPANSION = re.compile(r"\$(?:[A-Za-z_]|\{)|`")


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A string and where the object under reading writes it; None when it comes from a runtime or a preset."""

    text: str
    path: FieldPath | None


@dataclass(frozen=True, slots=True)
class ConfigurationMapKey:
    """One key of a ConfigMap; `is_optional` says that the pod starts without it."""

    name: str
    key: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """A variable of a container.

    Attributes:
        value: As written; None when it is taken from a Secret, a ConfigMap or the pod's status.
        path: Where the object under reading writes it; None when it comes from a runtime or a preset.
        configuration: Where the value is taken from, when that is a ConfigMap.
    """

    name: str
    value: str | None
    path: FieldPath | None
    configuration: ConfigurationMapKey | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentSource:
    """A ConfigMap or Secret that becomes variables as a whole (`envFrom`).

    Attributes:
        configuration_map: Its name; None for a Secret, which nobody is to read.
        prefix: What stands before each key in the variable's name.
        path: Where it is written; None when it comes from a runtime or a preset.
    """

    configuration_map: str | None
    prefix: str
    path: FieldPath | None


@dataclass(frozen=True, slots=True)
class ClaimReference:
    """One of the pod's resourceClaims, as a container uses it: all of its requests, or the one that is named."""

    name: str
    request: str | None = None


@dataclass(frozen=True, slots=True)
class VolumeMount:
    """A volume in a container's file system; `sub_path` is None when it cannot be known (`subPathExpr`)."""

    volume: str
    mount_path: str
    sub_path: str | None = ""


@dataclass(frozen=True, slots=True)
class ResourceAmount:
    """An amount of a resource as written, and where; None when it comes from a runtime or a preset."""

    amount: object
    path: FieldPath | None


@dataclass(frozen=True, slots=True)
class Container:
    """A container as written, or as merged from a runtime and an object.

    Attributes:
        path: Where the object under reading writes it.
        environment_sources: ConfigMaps and Secrets that become variables as a whole. The last one wins, and
            `environment` wins over all of them.
        claims: What the container uses of the pod's resourceClaims.
        ports: Port numbers that it declares, in order, each with its name or None.
        probes: How the kubelet asks whether it has started, lives and is ready.
    """

    path: FieldPath
    name: str | None = None
    image: str | None = None
    command: tuple[WrittenText, ...] = ()
    arguments: tuple[WrittenText, ...] = ()
    environment: tuple[EnvironmentVariable, ...] = ()
    environment_sources: tuple[EnvironmentSource, ...] = ()
    mounts: tuple[VolumeMount, ...] = ()
    working_directory: str | None = None
    limits: Mapping[str, ResourceAmount] = field(default_factory=dict)
    requests: Mapping[str, ResourceAmount] = field(default_factory=dict)
    claims: tuple[ClaimReference, ...] = ()
    is_sidecar: bool = False
    ports: tuple[tuple[str | None, int], ...] = ()
    probes: Mapping[ProbeKind, Probe] = field(default_factory=dict)

    def literal_environment(self) -> Mapping[str, str]:
        """Return the variables whose values the manifest shows, by name; the last of a name wins.

        References to earlier variables (`$(NAME)`) are expanded as the kubelet does; a value with a reference to
        anything else is not shown.
        """
        known: dict[str, str] = {}
        for variable in self.environment:
            value = variable.value
            if value is not None and "$" in value:
                (word,) = container_words((), (value,), known)
                value = word.text if word.is_resolved else None
            if value is None:
                known.pop(variable.name, None)
            else:
                known[variable.name] = value
        return known

    def hidden_environment(self) -> tuple[str, ...]:
        """Return the variables whose values the manifest does not show, ANY_VARIABLE for unnamed ones."""
        known = self.literal_environment()
        hidden = tuple(dict.fromkeys(each.name for each in self.environment if each.name not in known))
        return (*hidden, ANY_VARIABLE) if self.environment_sources else hidden


def read_container(at: Field) -> Container:
    """Read a container, or a block such as `predictor.model` that has a container's fields.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    resources = at["resources"]
    return Container(
        path=at.path,
        name=at["name"].text(),
        image=at["image"].text(),
        command=tuple(WrittenText(text, path) for text, path in at["command"].texts()),
        arguments=tuple(WrittenText(text, path) for text, path in at["args"].texts()),
        environment=tuple(_variable(element) for element in at["env"].elements()),
        environment_sources=tuple(_environment_source(element) for element in at["envFrom"].elements()),
        limits=read_amounts(resources["limits"]),
        requests=read_amounts(resources["requests"]),
        claims=tuple(
            ClaimReference(element["name"].text() or "", element["request"].text())
            for element in resources["claims"].elements()
        ),
        is_sidecar=at["restartPolicy"].text() == "Always",
        mounts=tuple(_mount(element) for element in at["volumeMounts"].elements()),
        working_directory=at["workingDir"].text(),
        ports=tuple(
            (element["name"].text(), element["containerPort"].integer() or 0) for element in at["ports"].elements()
        ),
        probes=read_probes(at),
    )


def read_engine(container: Container, files_of: Callable[[], Mapping[str, str]] = dict) -> EngineSettings | None:
    """Return what the engine of a container is told; None when no known engine runs in it.

    Args:
        container: The container.
        files_of: Gives the texts of the files that are known to be in the container, by path; asked only where an
            argument may name one.

    Positions are those of the object under reading: the index in the field of the container's path. An argument
    that a runtime or a preset writes has no entry in `positions`, and WRITTEN_ELSEWHERE in a problem.
    """
    environment = container.literal_environment()
    literals = {variable.name: variable for variable in container.environment if variable.name in environment}
    words = (*container.command, *container.arguments)
    settings = read_engine_settings(
        container.image,
        [text.text for text in container.command],
        [text.text for text in container.arguments],
        environment,
        files_of() if any(option in text.text for text in words for option in _CONFIGURATION_FILES) else {},
    )
    if settings is None:
        return None
    paths: dict[str, tuple[FieldPath | None, ...]] = {
        "command": tuple(text.path for text in container.command),
        "args": tuple(text.path for text in container.arguments),
        "env": tuple(literals[name].path for name in environment),
    }
    positions = {}
    for option, position in settings.positions.items():
        written = _written_position(position, paths)
        if written is not None:
            positions[option] = written
    return _without_placeholders(
        replace(
            settings,
            hidden_environment=container.hidden_environment(),
            positions=positions,
            problems=tuple(_written_problem(problem, paths) for problem in settings.problems),
        )
    )


def _variable(at: Field) -> EnvironmentVariable:
    name = at["name"].text()
    if name is None:
        raise at.error("an environment variable needs a name")
    value = at["value"]
    source = at["valueFrom"]
    if not source.is_written:
        return EnvironmentVariable(name, value.text() or "", at.path)
    reference = source["configMapKeyRef"]
    configuration = None
    if reference.is_written:
        configuration = ConfigurationMapKey(
            reference["name"].text() or "", reference["key"].text() or "", reference["optional"].boolean()
        )
    return EnvironmentVariable(name, None, at.path, configuration)


def _environment_source(at: Field) -> EnvironmentSource:
    return EnvironmentSource(at["configMapRef"]["name"].text(), at["prefix"].text() or "", at.path)


def _mount(at: Field) -> VolumeMount:
    sub_path = None if at["subPathExpr"].is_written else at["subPath"].text() or ""
    return VolumeMount(at["name"].text() or "", at["mountPath"].text() or "", sub_path)


def read_amounts(at: Field) -> Mapping[str, ResourceAmount]:
    """Read amounts of resources by name; null counts as absent.

    Raises:
        InvalidInputError: There is something else than a mapping.
    """
    return {name: ResourceAmount(amount.value, amount.path) for name, amount in at.items() if amount.is_written}


def _written_position(
    position: ArgumentPosition, paths: Mapping[str, tuple[FieldPath | None, ...]]
) -> ArgumentPosition | None:
    known = paths.get(position.container_field, ())
    if not 0 <= position.index < len(known):
        return position
    path = known[position.index]
    if path is None:
        return None
    container_field, index = path[-2:]
    if not isinstance(container_field, str) or not isinstance(index, int):
        return position
    return ArgumentPosition(container_field, index)


def _written_problem(
    problem: ArgumentProblem, paths: Mapping[str, tuple[FieldPath | None, ...]]
) -> ArgumentProblem:
    written = _written_position(problem.position, paths)
    return replace(problem, position=written or replace(problem.position, index=WRITTEN_ELSEWHERE))


def _without_placeholders(settings: EngineSettings) -> EngineSettings:
    # KServe replaces {{.Name}} and its like when it makes the pod, and a preset's shell replaces $NAME when it
    # starts: such a value is unknown here, never wrong.
    unknown = [option for option, value in settings.options.items() if _is_replaced_later(value)]
    # A value that the parser refuses is not among the options, and what stands alone may hold any of them.
    unknown.extend(problem.option for problem in settings.problems if _is_replaced_later(problem.written))
    problems = tuple(problem for problem in settings.problems if not _is_replaced_later(problem.written))
    unresolved = tuple(dict.fromkeys((*settings.unresolved, *unknown)))
    return replace(settings, problems=problems, unresolved=unresolved)


def _is_replaced_later(text: str) -> bool:
    return "{{" in text or _SHELL_EXPANSION.search(text) is not None
