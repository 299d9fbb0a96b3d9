"""Published config.json files: `<org>--<name>_config.json` or `<org>--<name>.json`, in a directory or a package.

A `<org>--<name>_hf_quant_config.json` beside one is the companion file in which ModelOpt checkpoints declare their
quantisation, and joins the configuration when that declares none, as it does in engines.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from neuroscale.architecture.catalogue import CatalogueEntry
from neuroscale.architecture.model_directory import join_quantization_file
from neuroscale.architecture.reader import read_architecture
from neuroscale.architecture.retained_fields import retained_fields
from neuroscale.architecture.strict_json import parse_object
from neuroscale.catalogue_building.package_files import PackageFile, package_files
from neuroscale.errors import InvalidInputError, NeuroScaleError

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_CONFIG_SUFFIX, _COMPANION_SUFFIX, _JSON = "_config", "_hf_quant_config", ".json"


def published_entries(given: Iterable[PackageFile], provenance: str) -> tuple[list[CatalogueEntry], list[str]]:
    """Return the entries of the published files in a package, and one sentence for each file that was left out."""
    contents = _by_stem(given)
    entries: list[CatalogueEntry] = []
    left_out: list[str] = []
    for stem in _config_stems(contents):
        try:
            entries.append(_entry(contents, stem, provenance))
        except NeuroScaleError as problem:
            left_out.append(str(problem))
    return entries, left_out


def directory_entries(directory: Path, provenance: str) -> list[CatalogueEntry]:
    """Return the entries of the published files in a user's directory, every one of which must be readable.

    Raises:
        NeuroScaleError: A file cannot be read or describes no model, or there is none.
    """
    contents = _by_stem(package_files(directory, "*.json"))
    stems = _config_stems(contents)
    if not stems:
        raise InvalidInputError(
            "holds no configuration", field=str(directory), fix="name its files <org>--<name>.json"
        )
    return [_entry(contents, stem, provenance) for stem in stems]


def refuse_contradictions(entries: Iterable[CatalogueEntry]) -> None:
    """Refuse entries that describe one repository, whatever its case, in two ways.

    Raises:
        InvalidInputError: Two entries of one repository differ.
    """
    configs: dict[str, CatalogueEntry] = {}
    for entry in entries:
        known = configs.setdefault(entry.repository.casefold(), entry)
        if known.config != entry.config:
            fields = sorted(
                name
                for name in known.config.keys() | entry.config.keys()
                if known.config.get(name) != entry.config.get(name)
            )
            raise InvalidInputError(
                f"is given twice, with different {', '.join(fields)}",
                field=entry.repository,
                fix="leave out the file that is not its published config.json",
            )


def _by_stem(given: Iterable[PackageFile]) -> dict[str, PackageFile]:
    return {file.path.removesuffix(_JSON): file for file in given if file.name.endswith(_JSON)}


def _config_stems(contents: Mapping[str, PackageFile]) -> list[str]:
    return [stem for stem in sorted(contents) if not stem.endswith(_COMPANION_SUFFIX)]


def _entry(contents: Mapping[str, PackageFile], stem: str, provenance: str) -> CatalogueEntry:
    name = stem.removesuffix(_CONFIG_SUFFIX)
    file, companion = contents[stem], contents.get(f"{name}{_COMPANION_SUFFIX}")
    repository = name.rpartition("/")[2].replace("--", "/", 1)
    if not _REPOSITORY.fullmatch(repository):
        raise InvalidInputError("its name tells no repository", field=file.path, fix="name it <org>--<name>.json")
    published = _parsed(file)
    config = join_quantization_file(published, None if companion is None else _parsed(companion))
    try:
        read_architecture(config)
    except InvalidInputError as problem:
        field = file.path if problem.field is None else f"{file.path}: {problem.field}"
        raise InvalidInputError(problem.message, field=field, fix=problem.fix) from None
    source = provenance if config is published else f"{provenance}, joined with its hf_quant_config.json"
    return CatalogueEntry(repository, None, source, retained_fields(config))


def _parsed(file: PackageFile) -> Mapping[str, object]:
    try:
        return parse_object(file.content.decode("utf-8-sig"), infinities=True)
    except (InvalidInputError, ValueError) as problem:
        raise InvalidInputError(str(problem), field=file.path, fix="give the published file as it is") from None
