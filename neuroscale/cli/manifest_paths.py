"""PATH... on the command line: files, folders, globs and standard input, read into objects."""

import glob
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.documents import ForeignDocumentError, load_manifests
from neuroscale.manifests.object import ManifestObject

STANDARD_INPUT = "-"
LARGEST_FILE_BYTES = 64 << 20
_SUFFIXES = (".yaml", ".yml", ".json")
# A file without either key, wherever it stands, holds no Kubernetes object that was merely written wrongly.
_KEY_OF_AN_OBJECT = re.compile(r"\b(apiVersion|kind)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _NamedText:
    """A text, where it came from, and whether a folder holds it rather than the command line naming it."""

    name: str
    text: str
    is_found: bool


def read_manifest_paths(paths: Sequence[str]) -> tuple[ManifestObject, ...]:
    """Return the objects of all files, in the order given; folders are walked, their files sorted by name.

    A file that several paths reach is read once.

    A folder may hold files of other tools (Helm values, a kustomization without kind): one that says neither
    apiVersion nor kind anywhere is left out with a note on standard error. A file that was named is never left out.

    Raises:
        UnreadableInputError: A path does not exist or cannot be read, a folder or glob holds no manifest, a file is
            not valid YAML, or there is no object in any of them.
        ForeignDocumentError: A document is not a Kubernetes object.
    """
    objects: list[ManifestObject] = []
    for named in _texts(paths):
        try:
            objects.extend(load_manifests(named.text, named.name))
        except ForeignDocumentError:
            if not named.is_found or _KEY_OF_AN_OBJECT.search(named.text) is not None:
                raise
            click.echo(f"note: {named.name} is left out: it holds no Kubernetes object", err=True)
    if paths and not objects:
        raise UnreadableInputError("no Kubernetes object in it", field=", ".join(paths))
    return tuple(objects)


def _texts(paths: Sequence[str]) -> Iterator[_NamedText]:
    read: set[Path] = set()

    def is_new(file: Path) -> bool:
        place = file.absolute()
        is_first = place not in read
        read.add(place)
        return is_first

    for path in paths:
        if path == STANDARD_INPUT:
            yield _NamedText(STANDARD_INPUT, _decode(sys.stdin.buffer.read(), STANDARD_INPUT), is_found=False)
            continue
        for place in _places(path):
            if place.is_dir():
                for file in filter(is_new, _files_below(place)):
                    yield _NamedText(str(file), _read(file), is_found=True)
            elif is_new(place):
                yield _NamedText(str(place), _read(place), is_found=False)


def _places(path: str) -> Sequence[Path]:
    """Return the file or folder of that name, or all that the glob matches."""
    if Path(path).exists():
        return (Path(path),)
    matches = sorted(Path(match) for match in glob.glob(path, recursive=True))  # noqa: PTH207 - absolute patterns too
    if not matches:
        raise UnreadableInputError("no such file, folder or match", field=path)
    return matches


def _files_below(folder: Path) -> Sequence[Path]:
    """Return the manifests below a folder; a link that leads nowhere is among them, so that reading it fails."""
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in _SUFFIXES and not file.is_dir() and not _is_hidden(file.relative_to(folder))
    )
    if not files:
        raise UnreadableInputError("the folder holds no .yaml, .yml or .json file", field=str(folder))
    return files


def _is_hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise UnreadableInputError("larger than 64 MiB", field=str(file))
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableInputError(error.strerror or "cannot be read", field=str(file)) from error
    return _decode(content, str(file))


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"is not UTF-8 text: {error.reason}", field=name) from error
