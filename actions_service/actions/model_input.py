"""The model as an input of actions: a repository, an address, or its config.json in full."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from actions_service.action import Resources
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError
from neuroscale.model_sources.errors import SourceRefusedError
from neuroscale.model_sources.location import HubModel, ModelLocation, NamedModel, parse_model_location
from neuroscale.model_sources.storage_uri import storage_uri_of
from neuroscale.model_sources.stored_tensors import StoredWeights

_FIELD = "model"
_INSTEAD = "pass the model's config.json as config"

REPOSITORY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"

MODEL_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "title": "Model",
    "description": "Repository of the model, written organisation/name.",
    "maxLength": 200,
    "pattern": REPOSITORY_PATTERN,
    "examples": ["google/gemma-4-26B-A4B"],
}
LOCATION_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "title": "Model",
    "description": (
        "Repository of the model, written organisation/name, or its address at a source that the operator permits: "
        "hf://, s3://, gs://, az://, https:// or a mounted directory. organisation/name:Q4_K_M is the GGUF file of "
        "that quantisation."
    ),
    "maxLength": 1000,
    "pattern": r"^([A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*(:[A-Za-z0-9_+-]+)?|(hf|s3|gs|az|https)://[!-~]+|/[!-~]+)$",
    "examples": ["google/gemma-4-26B-A4B"],
}
REVISION_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "title": "Revision",
    "description": (
        "Branch, tag or commit of the repository. With it the model is read from the hub, if the operator permits, "
        "and not looked up in the catalogue."
    ),
    "maxLength": 128,
    "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$",
    "examples": ["main"],
}
CONFIG_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Configuration",
    "description": "The model's config.json as it is. Needed for a model that the catalogue does not know.",
    "minProperties": 1,
    "examples": [{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32}],
}


@dataclass(frozen=True, slots=True)
class GivenModel:
    """The model an input names or describes.

    Attributes:
        repository: "" when it is not of a hub, and when only a configuration was given.
        revision: Revision of the configuration; None when it is not known.
        provenance: Where the configuration came from, in words.
        config: The raw configuration; None where the headers of weights answer for it.
        architecture: What the model is.
        weights: What the headers of the weights say, where they were read.
        storage_uri: Where KServe takes the weights from, where the input says so; None for a repository.
    """

    repository: str
    revision: str | None
    provenance: str
    config: Mapping[str, Any] | None
    architecture: ModelArchitecture
    weights: StoredWeights | None = None
    storage_uri: str | None = None


def given_model(arguments: Mapping[str, Any], resources: Resources) -> GivenModel:
    """Return the model of an input: the configuration that is given, or the catalogue's, or that of a source.

    Raises:
        UnknownModelError: No configuration is given, and neither the catalogue nor a source has the model.
        InvalidInputError: Neither is given, or the configuration cannot be one of a model.
        SourceRefusedError: The model is at a source that may not be read.
        SourceUnavailableError: Its source does not answer.
    """
    text = arguments.get(_FIELD, "")
    config = arguments.get("config")
    if config is not None:
        return _described(text, arguments.get("revision"), config)
    # Said here and not by the schema: agents' tools do not take an input schema with alternatives at its root.
    if not text:
        raise InvalidInputError("is required unless config is given", field=_FIELD, fix=MODEL_SCHEMA["description"])
    location = _location(text, arguments.get("revision"))
    if isinstance(location, NamedModel):
        entry = resources.catalogue.entry(location.repository)
        is_elsewhere = entry is None and resources.sources is not None and resources.sources.may_read(location)
        if not is_elsewhere:
            known = resources.catalogue.require(location.repository, _INSTEAD)
            architecture = read_architecture(known.config)
            return GivenModel(known.repository, known.revision, known.provenance, known.config, architecture)
    return _read(location, resources)


def required_config(model: GivenModel) -> Mapping[str, Any]:
    """Return the configuration.

    Raises:
        InvalidInputError: The headers of weights answered instead; an endpoint's profile needs a config.json.
    """
    if model.config is None:
        raise InvalidInputError(
            "has no config.json, which an endpoint's profile is made of", field=_FIELD, fix=_INSTEAD
        )
    return model.config


def _location(text: str, revision: str | None) -> ModelLocation:
    location = parse_model_location(text)
    if revision is None:
        return location
    if isinstance(location, NamedModel | HubModel):
        named = HubModel(location.repository) if isinstance(location, NamedModel) else location
        return replace(named, revision=revision)
    raise InvalidInputError("belongs to a repository of a hub alone", field="revision", fix="leave it out")


def _described(text: str, revision: str | None, config: Mapping[str, Any]) -> GivenModel:
    """Return the model of a configuration that is given, by the name or the place that is given beside it."""
    architecture = read_architecture(config)
    location = parse_model_location(text) if text else None
    repository = location.repository if isinstance(location, NamedModel | HubModel) else ""
    stored = None if location is None else storage_uri_of(location)
    return GivenModel(repository, revision, "given as config", config, architecture, storage_uri=stored)


def _read(location: ModelLocation, resources: Resources) -> GivenModel:
    if resources.sources is None:
        raise SourceRefusedError("is no source that may be read here", field=_FIELD, fix=_INSTEAD)
    found = resources.sources.read(location, field=_FIELD)
    return GivenModel(
        found.repository or "",
        found.revision,
        found.provenance,
        found.config,
        found.architecture,
        found.weights,
        storage_uri_of(location),
    )
