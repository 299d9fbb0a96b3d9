"""The configurations of public models that ship with the package, and overlays of one's own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError, UnknownModelError
from neuroscale.suggestions import closest_names

OVERLAY_PROVENANCE = "given by the user"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One model's configuration and where it came from.

    Attributes:
        repository: Repository name on the hub, as its owner spells it.
        revision: Commit that the configuration was taken at; None when the source does not say.
        provenance: Where the configuration came from, in words.
        config: The fields of the configuration that may bear on the architecture.
    """

    repository: str
    revision: str | None
    provenance: str
    config: Mapping[str, object]


class Catalogue:
    """Models by repository name, whatever its case, as on the hub. Entries are parsed when they are asked for."""

    def __init__(self, lines: Mapping[str, str], overlay: Mapping[str, CatalogueEntry] | None = None) -> None:
        self._lines = lines
        self._overlay = {} if overlay is None else overlay
        self._entries: dict[str, CatalogueEntry] = {}
        self._architectures: dict[str, ModelArchitecture] = {}

    def entry(self, repository: str) -> CatalogueEntry | None:
        """Return a model's configuration, or None when the catalogue does not have it."""
        key = _key(repository)
        if key in self._overlay:
            return self._overlay[key]
        if key not in self._entries and key in self._lines:
            self._entries[key] = CatalogueEntry(**json.loads(self._lines[key]))
        return self._entries.get(key)

    def find(self, repository: str) -> ModelArchitecture | None:
        """Return a model's architecture, or None when the catalogue does not have the model.

        Raises:
            InvalidInputError: An overlaid configuration has a value that no model can have.
        """
        key = _key(repository)
        if key not in self._architectures:
            entry = self.entry(repository)
            if entry is None:
                return None
            self._architectures[key] = _read(entry)
        return self._architectures[key]

    def require(self, repository: str, instead: str) -> CatalogueEntry:
        """Return the entry of a repository.

        Args:
            repository: As the user wrote it.
            instead: What to do about a model that is not here, in the imperative.

        Raises:
            UnknownModelError: It is not in the catalogue; the fix names those that look alike.
        """
        entry = self.entry(repository)
        if entry is None:
            alike = closest_names(repository, self.repositories())
            hint = f"did you mean {', '.join(alike)}? Otherwise " if alike else ""
            raise UnknownModelError(
                f"'{repository}' is not in the catalogue", field="model", fix=f"{hint}{instead}"
            )
        return entry

    def repositories(self) -> tuple[str, ...]:
        """Return the repository names of all models, sorted without regard to case."""
        entries = (self.entry(key) for key in sorted(self._lines.keys() | self._overlay.keys()))
        return tuple(entry.repository for entry in entries if entry is not None)

    def with_configs(self, configs: Mapping[str, Mapping[str, object]]) -> "Catalogue":
        """Return a catalogue in which the given configurations, by repository name, win over these."""
        overlay = {
            _key(repository): CatalogueEntry(repository, None, OVERLAY_PROVENANCE, config)
            for repository, config in configs.items()
        }
        return Catalogue(self._lines, {**self._overlay, **overlay})


def _read(entry: CatalogueEntry) -> ModelArchitecture:
    try:
        return read_architecture(entry.config)
    except InvalidInputError as problem:
        field = entry.repository if problem.field is None else f"{entry.repository}: {problem.field}"
        raise InvalidInputError(problem.message, field=field, fix=problem.fix) from None


@cache
def load_catalogue() -> Catalogue:
    """Return the catalogue that ships with the package; it is read once."""
    data = files("neuroscale.architecture").joinpath("data", "catalogue.jsonl").read_text(encoding="utf-8")
    return Catalogue({_key(_repository(line)): line for line in data.splitlines()})


def _repository(line: str) -> str:
    """Return the repository of a line without parsing its configuration: the builder writes it first."""
    name, _, _ = line.removeprefix('{"repository":"').partition('"')
    return name


def _key(repository: str) -> str:
    return repository.casefold()
