"""MODEL on the command line: a repository of the catalogue, or a place that a configuration is read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.model_directory import MAXIMUM_CONFIG_BYTES
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError
from neuroscale.model_sources.found_model import FoundModel
from neuroscale.model_sources.limits import Limits
from neuroscale.model_sources.location import LocalModel, ModelLocation, NamedModel, parse_model_location
from neuroscale.model_sources.storage_uri import storage_uri_of
from neuroscale.model_sources.stored_tensors import StoredWeights

CATALOGUE, HUB = "catalogue", "hub"

# Who waits at a terminal waits for the hundreds of weight files of a large model, and can stop waiting.
LIMITS = Limits(config_bytes=MAXIMUM_CONFIG_BYTES, total_seconds=120.0)


@dataclass(frozen=True, slots=True)
class GivenModel:
    """A model that the user named.

    Attributes:
        repository: Its repository of the hub; "" for a bare file.
        revision: Commit of the repository, where it is known.
        provenance: Where the configuration was read, in words.
        config: The raw configuration; None where weights alone answer.
        architecture: What the model is.
        weights: What the headers of the weights say, where they were read.
        storage_uri: Where KServe takes the weights from, where the argument says so; None for a repository.
    """

    repository: str
    revision: str | None
    provenance: str
    config: Mapping[str, Any] | None
    architecture: ModelArchitecture
    weights: StoredWeights | None = None
    storage_uri: str | None = None

    def source_as_json(self) -> dict[str, object]:
        """Return where the facts come from, and the weights if they were read."""
        source = {
            "repository": self.repository or None,
            "revision": self.revision,
            "provenance": self.provenance,
        }
        return {
            "source": source,
            "stored_weights": None if self.weights is None else self.weights.as_json(),
        }


_OPTIONS = (
    click.argument("model"),
    click.option(
        "--source",
        type=click.Choice([CATALOGUE, HUB]),
        default=CATALOGUE,
        show_default=True,
        help="Where a bare repository name is looked up; HF_TOKEN and HF_ENDPOINT count for the hub.",
    ),
    click.option(
        "--allow-host",
        "allowed_hosts",
        multiple=True,
        help="Host that may have a private address. Repeatable; public hosts need no permission.",
    ),
)


def model_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument MODEL and the options that say how it is read."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_model_argument(argument: str, source: str, allowed_hosts: tuple[str, ...]) -> GivenModel:
    """Return the model.

    A bare repository name is looked up in the catalogue, which needs no network, unless `source` says otherwise.

    Raises:
        NeuroScaleError: The model is not known, cannot be reached, or is no model; the message names the argument.
    """
    location = LocalModel(Path(argument)) if _is_file(argument) else parse_model_location(argument)
    if isinstance(location, NamedModel) and source == CATALOGUE:
        return _of_catalogue(location.repository)
    return replace(_of_source(_read(location, argument, allowed_hosts)), storage_uri=storage_uri_of(location))


def _is_file(argument: str) -> bool:
    """Tell whether a file has this name; texts that no file can have, such as very long ones, are none."""
    try:
        return Path(argument).is_file()
    except (OSError, ValueError):
        return False


def _of_catalogue(repository: str) -> GivenModel:
    instead = "pass the path of its config.json, or --source hub to ask the hub"
    entry = load_catalogue().require(repository, instead)
    architecture = read_architecture(entry.config)
    return GivenModel(entry.repository, entry.revision, entry.provenance, entry.config, architecture)


def _of_source(found: FoundModel) -> GivenModel:
    named = "" if found.config is None else found.config.get("_name_or_path")
    self_named = named if isinstance(named, str) and named.count("/") == 1 else ""
    return GivenModel(
        found.repository or self_named,
        found.revision,
        found.provenance,
        found.config,
        found.architecture,
        found.weights,
    )


def _read(location: ModelLocation, argument: str, allowed_hosts: tuple[str, ...]) -> FoundModel:
    # The libraries of hubs and stores take longer to import than most commands take to run.
    from huggingface_hub import get_token  # noqa: PLC0415

    from neuroscale.model_sources.sources import ModelSources, SourceSettings  # noqa: PLC0415

    settings = SourceSettings(
        listed_hosts=frozenset(host.casefold() for host in allowed_hosts),
        hub_token=get_token,
        limits=LIMITS,
    )
    return ModelSources(settings).read(location, field=argument)


def require_config(model: GivenModel) -> Mapping[str, Any]:
    """Return the configuration.

    Raises:
        InvalidInputError: The headers of weights answered instead; an endpoint's profile needs a config.json.
    """
    if model.config is None:
        raise InvalidInputError(
            "has no config.json, which an endpoint's profile is made of",
            field="MODEL",
            fix="write one and pass its path with --repository",
        )
    return model.config
