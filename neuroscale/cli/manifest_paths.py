"""PATH... on the command line: files, folders, globs and standard input, read into objects."""

import glob
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject

STANDARD_INPUT = "-"
LARGEST_FILE_BYTES = 64 << 20
_SUFFIXES = (".yaml", ".yml", ".json")


def read_manifest_paths(paths: Sequence[str]) -> tuple[ManifestObject, ...]:
    """Return the objects of all files, in the order given; folders are walked, their files sorted by name.

    Raises:
        UnreadableInputError: A path does not exist or cannot be read, a folder or glob holds no manifest, a file is
            not valid YAML, or there is no object in any of them.
    """
    objects: list[ManifestObject] = []
    for name, text in _texts(paths):
        objects.extend(load_manifests(text, name))
    if paths and not objects:
        raise UnreadableInputError("no Kubernetes object in it", field=", ".join(paths))
    return tuple(objects)


def _texts(paths: Sequence[str]) -> Iterable[tuple[str, str]]:
    for path in paths:
        if path == STANDARD_INPUT:
            yield STANDARD_INPUT, _decode(sys.stdin.buffer.read(), STANDARD_INPUT)
            continue
        for file in _files(path):
            yield str(file), _read(file)


def _files(path: str) -> Sequence[Path]:
    place = Path(path)
    if place.is_dir():
        files = sorted(
            file
            for file in place.rglob("*")
            if file.suffix in _SUFFIXES and file.is_file() and not _is_hidden(file.relative_to(place))
        )
        if not files:
            raise UnreadableInputError("the folder holds no .yaml, .yml or .json file", field=path)
        return files
    if place.exists():
        return (place,)
    matches = sorted(Path(match) for match in glob.glob(path, recursive=True))  # noqa: PTH207 - absolute patterns too
    files = [match for match in matches if match.is_file()]
    if not files:
        raise UnreadableInputError("no such file, folder or match", field=path)
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
