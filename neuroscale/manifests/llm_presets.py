"""What KServe's own presets make of an LLMInferenceService, by KServe release."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from packaging.version import InvalidVersion, Version

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.container import Container, WrittenText
from neuroscale.manifests.fields import Field
from neuroscale.manifests.object import FieldPath

ADDITIONAL_ARGUMENTS = "VLLM_ADDITIONAL_ARGS"
OPTIONS_BY_PARALLELISM_FIELD = {
    "tensor": "--tensor-parallel-size",
    "pipeline": "--pipeline-parallel-size",
    "data": "--data-parallel-size",
    "dataLocal": "--data-parallel-size-local",
    "expert": "--enable-expert-parallel",
}
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<bare>[A-Za-z_]\w*))", re.ASCII)
# `{{ .Spec.Model.Name }}`, and what would cut it into several words.
_ACTION = re.compile(r"\{\{[^{}]*\}\}")
_BREAKS_WORDS = re.compile(r"[\s\"'\\]+")


@dataclass(frozen=True, slots=True)
class Preset:
    """How one preset starts the engine.

    Attributes:
        parallelism: Fields of spec.parallelism that reach the command line.
        additional_arguments: Whether VLLM_ADDITIONAL_ARGS reaches it.
        arguments: What becomes of the container's own args.
    """

    parallelism: frozenset[str]
    additional_arguments: bool
    arguments: Literal["replace-preset", "replace-script", "append", "append-through-shell"]


@dataclass(frozen=True, slots=True)
class PresetRelease:
    """The presets of one KServe release and those after it that did not change them."""

    since: Version
    image: str
    single_node: Preset
    data_parallel: Preset


def presets_of(kserve_version: str | None) -> PresetRelease:
    """Return the presets of a KServe release; the newest known when it is None.

    Raises:
        InvalidInputError: The text is not a version.
    """
    releases = _releases()
    if kserve_version is None:
        return releases[-1]
    try:
        version = Version(kserve_version.removeprefix("v"))
    except InvalidVersion:
        raise InvalidInputError(
            f'"{kserve_version}" is not a KServe release', field="KServe version", fix='write it as "0.20.0"'
        ) from None
    released = Version(version.base_version)
    return next((release for release in reversed(releases) if release.since <= released), releases[0])


def engine_container(
    written: Container, preset: Preset, image: str, parallelism: Field, model_name: str
) -> Container:
    """Return the engine's container as preset and object make it, for a container whose command is the preset's.

    Options that the preset renders have no path in `args`; the rest keep the place where they are written.
    """
    start = ["vllm", "serve", "/mnt/models", "--served-model-name", model_name, "--port", "8000"]
    if preset.arguments == "replace-preset" and written.arguments:
        start = start[:3]
    rendered = [*start, *_rendered(preset, parallelism)]
    additional = _additional_arguments(written) if preset.additional_arguments else ()
    own = written.arguments
    if preset.arguments == "append-through-shell":
        own = tuple(
            WrittenText(word, text.path)
            for text in written.arguments
            for word in shell_words(text.text, written.literal_environment())
        )
    return replace(
        written,
        image=written.image or image,
        command=tuple(WrittenText(word, None) for word in rendered),
        arguments=(*additional, *own),
    )


def rendered_option_paths(preset: Preset, parallelism: Field) -> Mapping[str, FieldPath]:
    """Return where the options that the preset renders are set: fields of spec.parallelism, by canonical option."""
    return {
        OPTIONS_BY_PARALLELISM_FIELD[name]: field.path
        for name, field in parallelism.items()
        if name in preset.parallelism and field.value
    }


def dropped_fields(preset: Preset | None, parallelism: Field) -> tuple[Field, ...]:
    """Return the fields of spec.parallelism that ask for something and reach no engine: all without a preset."""
    kept = preset.parallelism if preset is not None else frozenset()
    return tuple(
        field
        for name, field in parallelism.items()
        if name in OPTIONS_BY_PARALLELISM_FIELD and name not in kept and _asks_for_something(field.value)
    )


def shell_words(text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words that `eval` makes of an argument; the argument itself when its quotes do not close.

    Known variables are replaced; others stay as written, for the reader to see that they are unknown. What KServe's
    template engine replaces before is kept in one piece.
    """
    whole = _ACTION.sub(lambda match: _BREAKS_WORDS.sub("", match[0]), text)
    expanded = _VARIABLE.sub(lambda match: environment.get(match["braced"] or match["bare"], match[0]), whole)
    try:
        return tuple(shlex.split(expanded))
    except ValueError:
        return (text,)


def _rendered(preset: Preset, parallelism: Field) -> list[str]:
    words: list[str] = []
    expert = parallelism["expert"].boolean()
    sizes = {name: parallelism[name].integer() for name in ("tensor", "data", "dataLocal")}
    if "expert" in preset.parallelism and expert:
        words.append("--enable-expert-parallel")
    if "tensor" in preset.parallelism and sizes["tensor"]:
        words += ["--tensor-parallel-size", str(sizes["tensor"])]
    for name in ("data", "dataLocal"):
        if name in preset.parallelism:
            words += [OPTIONS_BY_PARALLELISM_FIELD[name], str(sizes[name] or 1)]
    return words


def _additional_arguments(container: Container) -> tuple[WrittenText, ...]:
    environment = container.literal_environment()
    for variable in container.environment:
        if variable.name == ADDITIONAL_ARGUMENTS and variable.name in environment:
            words = shell_words(environment[variable.name], environment)
            return tuple(WrittenText(word, variable.path) for word in words)
    return ()


@cache
def _releases() -> tuple[PresetRelease, ...]:
    data = json.loads((files("neuroscale.manifests") / "data" / "llm_presets.json").read_text("utf-8"))
    return tuple(
        PresetRelease(
            since=Version(release["since"]),
            image=release["image"],
            single_node=_preset(release["single_node"]),
            data_parallel=_preset(release["data_parallel"]),
        )
        for release in data["releases"]
    )


def _preset(data: Mapping[str, object]) -> Preset:
    fields = {**data, "parallelism": frozenset(data["parallelism"])}  # type: ignore[call-overload]
    return Preset(**fields)


def _asks_for_something(value: object) -> bool:
    # A size of one is what the engine does anyway.
    return value if isinstance(value, bool) else isinstance(value, int) and value > 1
