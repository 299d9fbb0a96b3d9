"""Packages that say what public models are made of, and where they keep it."""

import json
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from neuroscale.errors import InvalidInputError


class PackageKind(Enum):
    """What a package ships."""

    PUBLISHED = "published configurations"
    MODEL_INDEX = "model index"
    MODEL_SPECIFICATIONS = "model specifications"
    CLASS_DEFAULTS = "class defaults"


@dataclass(frozen=True, slots=True)
class KnownPackage:
    """A package whose contents are understood.

    Attributes:
        name: Its name in its registry.
        registry: The registry.
        kind: What it ships.
        files: Shell pattern of the files that hold it.
    """

    name: str
    registry: str
    kind: PackageKind
    files: str


@dataclass(frozen=True, slots=True)
class GivenPackage:
    """A package that the user gave.

    Attributes:
        known: What kind of package it is.
        version: Its version.
        path: The archive, or the directory that it is installed in.
    """

    known: KnownPackage
    version: str
    path: Path

    @property
    def title(self) -> str:
        """The package and its version, in words."""
        return f"the {self.known.registry} package {self.known.name} {self.version}"


@cache
def known_packages() -> tuple[KnownPackage, ...]:
    """Return every package whose contents are understood."""
    data = files("neuroscale.catalogue_building").joinpath("data", "packages.json")
    return tuple(
        KnownPackage(row["name"], row["registry"], PackageKind(row["kind"]), row["files"])
        for row in json.loads(data.read_text(encoding="utf-8"))["packages"]
    )


def given_package(argument: str) -> GivenPackage:
    """Return the package that an argument names: the path of a downloaded archive, or an installed distribution.

    Raises:
        InvalidInputError: It is no package whose contents are understood.
    """
    path = Path(argument)
    for known in known_packages():
        spelling = re.escape(known.name).replace(r"\-", "[-_]")
        named = re.match(rf"{spelling}-([0-9][A-Za-z0-9.!+]*?)(?:-|\.tar\.gz$|\.zip$|\.tgz$|\.crate$)", path.name)
        if named is not None and path.is_file():
            return GivenPackage(known, named[1], path)
        if argument == known.name:
            try:
                installed = metadata.distribution(argument)
            except metadata.PackageNotFoundError:
                continue
            return GivenPackage(known, installed.version, Path(str(installed.locate_file(""))))
    names = ", ".join(known.name for known in known_packages())
    raise InvalidInputError(
        "is neither the archive nor the name of an installed package whose contents are understood",
        field=argument,
        fix=f"download one of {names}; for configurations of your own give --configs",
    )
