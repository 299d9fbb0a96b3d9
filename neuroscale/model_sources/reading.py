"""From a model's files to what the model is: its config.json, or the headers of its weights."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import TypeVar

from neuroscale.architecture.model_directory import join_quantization_file
from neuroscale.architecture.profile import configuration_sha256
from neuroscale.architecture.reader import read_architecture
from neuroscale.architecture.strict_json import parse_object
from neuroscale.errors import InvalidInputError, NeuroScaleError, UnknownModelError, UnreadableInputError
from neuroscale.model_sources.errors import SourceAccessError
from neuroscale.model_sources.file_choice import (
    CONFIG,
    QUANTIZATION_COMPANION,
    SAFETENSORS_INDEX,
    SINGLE_SAFETENSORS,
    ChosenFiles,
    choose_named,
    choose_weights,
)
from neuroscale.model_sources.found_model import FoundModel
from neuroscale.model_sources.gguf_config import gguf_configuration
from neuroscale.model_sources.gguf_header import GGUF_NAMES, read_gguf_header
from neuroscale.model_sources.header_architecture import (
    checked_against_tensors,
    gguf_architecture,
    safetensors_architecture,
)
from neuroscale.model_sources.limits import Limits
from neuroscale.model_sources.model_files import ModelFiles
from neuroscale.model_sources.safetensors_header import SAFETENSORS_NAMES, are_packed, read_safetensors_header
from neuroscale.model_sources.stored_tensors import sort_tensors, summarise

Header = TypeVar("Header")

_HEADERS_AT_ONCE = 8
_PLAIN_JSON_KINDS = "give a config.json as published"


def read_model_files(files: ModelFiles, file: str | None, limits: Limits, field: str) -> FoundModel:
    """Read what a model's files say about it.

    A config.json answers where there is one, helped by the headers of safetensors files when its family is not
    described. Without it, GGUF files answer from their headers, and otherwise
    safetensors files do.

    Args:
        files: The files of the model.
        file: The one that was named; None lets the files decide.
        limits: How much is read.
        field: Names the model in errors.

    Raises:
        UnknownModelError: There is no such file, or nothing among the files says what the model is.
        NeuroScaleError: A file cannot be read, is too large, or is not what its name says.
    """
    if file is not None:
        return _read_chosen(files, choose_named(file), limits, field)
    found = _read_config(files, CONFIG, limits, field)
    if found is not None:
        return found if found.architecture.parameters is not None else _with_weights(found, files, limits, field)
    names = files.names()
    chosen = _unlisted_weights(files, limits, field) if names is None else choose_weights(names, field)
    return _read_chosen(files, chosen, limits, field)


def _with_weights(found: FoundModel, files: ModelFiles, limits: Limits, field: str) -> FoundModel:
    """Add what the headers of safetensors files say to a config.json of a family that is not described."""
    names = tuple(name for name in files.names() or () if not name.endswith(".gguf"))
    try:
        stored = _read_chosen(files, choose_weights(names, field), limits, field)
    except NeuroScaleError:
        # The configuration answered already, and says itself what it leaves open.
        return found
    architecture, weights = found.architecture, stored.weights
    if weights is None or weights.parameters is None:
        return replace(found, weights=weights)
    is_mixture = architecture.is_mixture_of_experts
    return replace(
        found,
        weights=weights,
        provenance=f"{found.provenance}, and {stored.provenance}",
        architecture=replace(
            architecture,
            is_mixture_of_experts=stored.architecture.is_mixture_of_experts if is_mixture is None else is_mixture,
            unread=(*architecture.unread, f"The headers of its weights hold {weights.parameters:,} parameters."),
        ),
    )


def _read_chosen(files: ModelFiles, chosen: ChosenFiles, limits: Limits, field: str) -> FoundModel:
    match chosen.kind:
        case "config":
            found = _read_config(files, chosen.names[0], limits, field)
            if found is None:
                raise UnknownModelError(f"there is no file {chosen.names[0]}", field=field)
            return found
        case "gguf":
            return _read_gguf(files, chosen.names, limits, field)
        case "safetensors index":
            return _read_safetensors(files, _indexed_files(files, chosen.names[0], limits, field), limits, field)
        case "safetensors":
            return _read_safetensors(files, chosen.names, limits, field)


def _read_config(files: ModelFiles, name: str, limits: Limits, field: str) -> FoundModel | None:
    published = _read_json(files, name, limits.config_bytes, field)
    if published is None:
        return None
    config = published
    unread: tuple[str, ...] = ()
    if name.rpartition("/")[2] == CONFIG and not published.get("quantization_config"):
        companion = name.removesuffix(CONFIG) + QUANTIZATION_COMPANION
        try:
            config = join_quantization_file(published, _read_json(files, companion, limits.config_bytes, field))
        except SourceAccessError:
            # Stores that must not be listed answer so for what does not exist, too.
            unread = (f"{QUANTIZATION_COMPANION} may not be read: the checkpoint may be quantised.",)
    joined = "" if config is published else f" joined with {QUANTIZATION_COMPANION}"
    architecture = read_architecture(config)
    return FoundModel(
        repository=None,
        revision=None,
        provenance=f"{name} of {files.provenance}{joined}",
        config=config,
        config_sha256=configuration_sha256(config),
        architecture=replace(architecture, unread=(*architecture.unread, *unread)),
    )


def _read_gguf(files: ModelFiles, names: tuple[str, ...], limits: Limits, field: str) -> FoundModel:
    budget = _Budget(limits, field)
    headers = _each(
        names, limits, field, lambda name: read_gguf_header(partial(files.read_range, name), budget.spend, field)
    )
    header = headers[0]
    if not header.architecture:
        raise InvalidInputError("is a GGUF file without general.architecture", field=field)
    tensors = tuple(tensor for part in headers for tensor in part.tensors)
    if not tensors:
        raise InvalidInputError("is a GGUF file without tensors", field=field, fix="name the file with the weights")
    found = sort_tensors(tensors, GGUF_NAMES)
    config = gguf_configuration(header, tensors)
    if config is None:
        architecture = gguf_architecture(header, tensors, found)
    else:
        architecture = checked_against_tensors(read_architecture(config), tensors, found)
    return FoundModel(
        repository=None,
        revision=None,
        provenance=f"header of {names[0]} of {files.provenance}",
        config=config,
        config_sha256=None if config is None else configuration_sha256(config),
        architecture=architecture,
        weights=summarise(tensors, found, files=len(names), are_packed=False),
    )


def _read_safetensors(files: ModelFiles, names: tuple[str, ...], limits: Limits, field: str) -> FoundModel:
    budget = _Budget(limits, field)
    parts = _each(
        names,
        limits,
        field,
        lambda name: read_safetensors_header(partial(files.read_range, name), budget.spend, field),
    )
    tensors = tuple(tensor for part in parts for tensor in part)
    if not tensors:
        raise InvalidInputError("has safetensors files without tensors", field=field)
    found, packed = sort_tensors(tensors, SAFETENSORS_NAMES), are_packed(tensors)
    shown = names[0] if len(names) == 1 else f"{len(names)} safetensors files"
    return FoundModel(
        repository=None,
        revision=None,
        provenance=f"headers of {shown} of {files.provenance}",
        config=None,
        config_sha256=None,
        architecture=safetensors_architecture(tensors, found, are_packed=packed),
        weights=summarise(tensors, found, files=len(names), are_packed=packed),
    )


def _indexed_files(files: ModelFiles, name: str, limits: Limits, field: str) -> tuple[str, ...]:
    index = _read_json(files, name, limits.index_bytes, field)
    places = None if index is None else index.get("weight_map")
    if not isinstance(places, dict) or not places:
        raise UnreadableInputError(f"{name} has no weight_map", field=field)
    directory = name.rpartition("/")[0]
    found: set[str] = set()
    for place in places.values():
        if not isinstance(place, str) or "/" in place or not place.endswith(".safetensors"):
            raise UnreadableInputError(f"{name} names a weight file that is none", field=field)
        found.add(f"{directory}/{place}" if directory else place)
    return tuple(sorted(found))


def _unlisted_weights(files: ModelFiles, limits: Limits, field: str) -> ChosenFiles:
    """Return which weights answer where files cannot be listed: those with the usual names."""
    if files.read(SAFETENSORS_INDEX, limits.index_bytes) is not None:
        return ChosenFiles("safetensors index", (SAFETENSORS_INDEX,))
    try:
        files.read_range(SINGLE_SAFETENSORS, 0, 1)
    except UnknownModelError:
        raise UnknownModelError(
            f"has neither {CONFIG} nor {SINGLE_SAFETENSORS}", field=field, fix="name the file, such as model.gguf"
        ) from None
    return ChosenFiles("safetensors", (SINGLE_SAFETENSORS,))


def _read_json(files: ModelFiles, name: str, maximum_bytes: int, field: str) -> Mapping[str, object] | None:
    content = files.read(name, maximum_bytes)
    if content is None:
        return None
    try:
        return parse_object(content.decode("utf-8-sig"), infinities=True)
    except ValueError as problem:
        raise UnreadableInputError(f"{name}: {problem}", field=field, fix=_PLAIN_JSON_KINDS) from None


def _each(names: tuple[str, ...], limits: Limits, field: str, read: Callable[[str], Header]) -> list[Header]:
    """Read the headers of several files, some at once."""
    if len(names) > limits.weight_files:
        raise UnreadableInputError(
            f"has {len(names)} weight files, more than the {limits.weight_files} that are read", field=field
        )
    if len(names) == 1:
        return [read(names[0])]
    with ThreadPoolExecutor(_HEADERS_AT_ONCE, thread_name_prefix="header") as threads:
        try:
            return list(threads.map(read, names))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


class _Budget:
    """The bytes that may be read of all headers of one model together."""

    def __init__(self, limits: Limits, field: str) -> None:
        self._left = self._whole = limits.header_bytes
        self._field = field
        self._lock = Lock()

    def spend(self, size: int) -> None:
        """Take bytes from what is left; raises UnreadableInputError when there are too few."""
        with self._lock:
            self._left -= size
            if self._left < 0:
                raise UnreadableInputError(
                    f"the headers of its weights are larger than {self._whole} bytes", field=self._field
                )
