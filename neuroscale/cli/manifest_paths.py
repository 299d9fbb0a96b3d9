"""PATH... on the command line: files, folders, globs and standard input, read into objects."""

import codecs
import glob
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
class ManifestText:
    """The text of one file, and the objects in it.

    Attributes:
        name: The file as it was named or found, "-" for standard input.
        content: What was read, byte by byte.
        text: The same as text, without a byte order mark.
        is_found: Whether a folder holds it rather than the command line naming it.
        objects: The objects, in the order written.
    """

    name: str
    content: bytes
    text: str
    is_found: bool
    objects: tuple[ManifestObject, ...] = ()

    @property
    def has_byte_order_mark(self) -> bool:
        """Whether the file begins with a mark that is no part of its text."""
        return self.content.startswith(codecs.BOM_UTF8)


def read_manifest_paths(paths: Sequence[str]) -> tuple[ManifestObject, ...]:
    """Return the objects of all files, as `read_manifest_texts` reads them."""
    return tuple(manifest for each in read_manifest_texts(paths) for manifest in each.objects)


def read_manifest_texts(paths: Sequence[str]) -> tuple[ManifestText, ...]:
    """Return the files with their objects, in the order given; folders are walked, their files sorted by name.

    A file that several paths reach is read once.

    A folder may hold files of other tools (Helm values, a kustomization without kind): one that says neither
    apiVersion nor kind anywhere is left out with a note on standard error. A file that was named is never left out.

    Raises:
        UnreadableInputError: A path does not exist or cannot be read, a folder or glob holds no manifest, a file is
            not valid YAML, or there is no object in any of them.
        ForeignDocumentError: A document is not a Kubernetes object.
    """
    texts: list[ManifestText] = []
    for each in _texts(paths):
        try:
            texts.append(replace(each, objects=load_manifests(each.text, each.name)))
        except ForeignDocumentError:
            if not each.is_found or _KEY_OF_AN_OBJECT.search(each.text) is not None:
                raise
            click.echo(f"note: {each.name} is left out: it holds no Kubernetes object", err=True)
    if paths and not any(each.objects for each in texts):
        raise UnreadableInputError("no Kubernetes object in it", field=", ".join(paths))
    return tuple(texts)


def _texts(paths: Sequence[str]) -> Iterator[ManifestText]:
    read: set[str] = set()

    def is_new(file: Path) -> bool:
        place = os.path.realpath(file)
        is_first = place not in read
        read.add(place)
        return is_first

    for path in paths:
        if path == STANDARD_INPUT:
            yield _read_text(STANDARD_INPUT, sys.stdin.buffer.read(), is_found=False)
            continue
        for place in _places(path):
            if place.is_dir():
                for file in filter(is_new, _files_below(place)):
                    yield _read_text(str(file), _read(file), is_found=True)
            elif is_new(place):
                yield _read_text(str(place), _read(place), is_found=False)


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


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise UnreadableInputError("larger than 64 MiB", field=str(file))
        return file.read_bytes()
    except OSError as error:
        raise UnreadableInputError(error.strerror or "cannot be read", field=str(file)) from error


def _read_text(name: str, content: bytes, *, is_found: bool) -> ManifestText:
    try:
        return ManifestText(name, content, content.decode("utf-8-sig"), is_found)
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"is not UTF-8 text: {error.reason}", field=name) from error
