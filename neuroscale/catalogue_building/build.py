"""Build the catalogue's lines from packages and directories."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuroscale.architecture.catalogue import CatalogueEntry
from neuroscale.architecture.strict_json import canonical
from neuroscale.catalogue_building.class_defaults import ClassDefaults, read_class_defaults
from neuroscale.catalogue_building.figures import ModelFigures
from neuroscale.catalogue_building.known_packages import GivenPackage, PackageKind
from neuroscale.catalogue_building.model_index import read_model_index
from neuroscale.catalogue_building.model_specifications import read_model_specifications
from neuroscale.catalogue_building.package_files import package_files
from neuroscale.catalogue_building.proved_figures import Evidence, proved_entries
from neuroscale.catalogue_building.published_configs import (
    directory_entries,
    published_entries,
    refuse_contradictions,
)
from neuroscale.catalogue_building.twins import twin_entries
from neuroscale.errors import InvalidInputError, UnreadableInputError

_MAXIMUM_LINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BuiltCatalogue:
    """What was built.

    Attributes:
        lines: The catalogue, one model per line, sorted by repository without regard to case.
        left_out: One sentence for each model that was found but is not in it.
    """

    lines: tuple[str, ...]
    left_out: tuple[str, ...]


def build_catalogue(
    packages: Sequence[GivenPackage], directories: Sequence[tuple[Path, str]], kept_lines: Sequence[str] = ()
) -> BuiltCatalogue:
    """Build a catalogue.

    What is given first wins: directories, then packages of published configurations, then kept lines, then figures,
    then twins of what is known by then.

    Args:
        packages: Packages whose contents are understood.
        directories: Directories of published configurations, each with its provenance.
        kept_lines: Lines of an earlier catalogue.

    Raises:
        NeuroScaleError: A package or a directory cannot be read.
    """
    found: list[CatalogueEntry] = []
    left_out: list[str] = []
    index: list[ModelFigures] = []
    specifications: list[ModelFigures] = []
    class_defaults: list[tuple[ClassDefaults, str]] = []
    for directory, provenance in directories:
        if not directory.is_dir():
            raise UnreadableInputError(
                "is no directory", field=str(directory), fix="name a directory of config files"
            )
        given = directory_entries(directory, provenance)
        refuse_contradictions([*found, *given])
        found += given
    for package in packages:
        files = tuple(package_files(package.path, package.known.files))
        if not files:
            raise InvalidInputError(
                f"holds no {package.known.kind.value}",
                field=str(package.path),
                fix="give a version of the package that ships them",
            )
        match package.known.kind:
            case PackageKind.PUBLISHED:
                entries, problems = published_entries(files, f"published config.json as shipped in {package.title}")
                refuse_contradictions(entries)
                found += entries
                left_out += problems
            case PackageKind.MODEL_INDEX:
                index += (model for file in files for model in read_model_index(file.content, package.title))
            case PackageKind.MODEL_SPECIFICATIONS:
                specifications += (
                    model for file in files for model in read_model_specifications(file.content, package.title)
                )
            case PackageKind.CLASS_DEFAULTS:
                class_defaults += (
                    (defaults, package.title)
                    for file in files
                    for defaults in read_class_defaults(file.content, f"{package.title}: {file.path}")
                )
    proved, refused = proved_entries(Evidence(index, specifications, class_defaults))
    lines: dict[str, str] = {}
    _add(lines, left_out, ((entry.repository, entry_line(entry)) for entry in found))
    _add(lines, left_out, ((_repository(line), line) for line in kept_lines))
    _add(lines, left_out, ((entry.repository, entry_line(entry)) for entry in proved))
    twins, unproved = twin_entries(index, lambda repository: _known(lines, repository))
    _add(lines, left_out, ((entry.repository, entry_line(entry)) for entry in twins))
    unneeded = tuple(text for text in (*refused, *unproved) if text.partition(":")[0].casefold() not in lines)
    return BuiltCatalogue(tuple(lines[key] for key in sorted(lines)), (*left_out, *unneeded))


def entry_line(entry: CatalogueEntry) -> str:
    """Return an entry as one line of JSON with the repository first, which the loader relies on."""
    head = {"repository": entry.repository, "revision": entry.revision, "provenance": entry.provenance}
    return f'{json.dumps(head, separators=(",", ":"))[:-1]},"config":{canonical(entry.config)}}}'


def _add(lines: dict[str, str], left_out: list[str], given: Iterable[tuple[str, str]]) -> None:
    for repository, line in given:
        if len(line) > _MAXIMUM_LINE_BYTES:
            left_out.append(f"{repository}: its configuration is larger than {_MAXIMUM_LINE_BYTES} bytes")
        else:
            lines.setdefault(repository.casefold(), line)


def _known(lines: Mapping[str, str], repository: str) -> CatalogueEntry | None:
    line = lines.get(repository.casefold())
    return None if line is None else CatalogueEntry(**json.loads(line))


def _repository(line: str) -> str:
    try:
        return str(json.loads(line)["repository"])
    except (ValueError, KeyError, TypeError):
        raise InvalidInputError(f"is no line of a catalogue: {line[:60]!r}", field="--keep") from None
