"""The model as an input of actions: a repository of the catalogue, or its config.json in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuroscale.architecture.catalogue import Catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError

REPOSITORY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"

MODEL_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "title": "Model",
    "description": "Repository of the model, written organisation/name.",
    "maxLength": 200,
    "pattern": REPOSITORY_PATTERN,
    "examples": ["google/gemma-4-26B-A4B"],
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
        repository: "" when only a configuration was given and it does not name itself.
        revision: Revision of the catalogue's configuration; None when it is not known.
        config: The raw configuration.
        architecture: What the configuration says.
    """

    repository: str
    revision: str | None
    config: Mapping[str, Any]
    architecture: ModelArchitecture


def given_model(arguments: Mapping[str, Any], catalogue: Catalogue) -> GivenModel:
    """Return the model of an input; a configuration that is given wins over the catalogue's.

    Raises:
        UnknownModelError: No configuration is given and the catalogue does not know the repository.
        InvalidInputError: Neither is given, or the configuration cannot be one of a model.
    """
    repository = arguments.get("model", "")
    config = arguments.get("config")
    if config is not None:
        return GivenModel(repository, None, config, read_architecture(config))
    # Said here and not by the schema: agents' tools do not take an input schema with alternatives at its root.
    if not repository:
        raise InvalidInputError(
            "is required unless config is given", field="model", fix=MODEL_SCHEMA["description"]
        )
    entry = catalogue.require(repository, "pass the model's config.json as config")
    return GivenModel(entry.repository, entry.revision, entry.config, read_architecture(entry.config))
