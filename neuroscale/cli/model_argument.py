"""MODEL on the command line: a repository name of the catalogue, or a config.json file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import UnreadableInputError

LARGEST_CONFIG_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model the user named: its repository ("" for a bare file), its raw configuration and what that says."""

    repository: str
    config: dict[str, Any]
    architecture: ModelArchitecture


def read_model_argument(argument: str) -> NamedModel:
    """Return the model.

    Raises:
        UnreadableInputError: The file cannot be read or is not JSON.
        UnknownModelError: No file of that name exists and the catalogue does not know the repository.
    """
    path = Path(argument)
    if path.suffix == ".json" or path.is_file():
        config = _read_config(path)
        repository = config.get("_name_or_path")
        named = repository if isinstance(repository, str) and repository.count("/") == 1 else ""
        return NamedModel(named, config, read_architecture(config))
    entry = load_catalogue().require(argument, "pass the path of its config.json")
    config = dict(entry.config)
    return NamedModel(entry.repository, config, read_architecture(config))


def _read_config(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_CONFIG_BYTES:
            raise UnreadableInputError("larger than 8 MiB, so it is no config.json", field=str(path))
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableInputError(error.strerror or "cannot be read", field=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableInputError(f"is not JSON: {error}", field=str(path)) from error
    if not isinstance(config, dict):
        raise UnreadableInputError("is not a JSON object", field=str(path), fix="pass the model's config.json")
    return config
