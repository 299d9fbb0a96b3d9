"""The files of a package: a downloaded distribution archive, an unpacked one, or a directory."""

import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from neuroscale.errors import InvalidInputError, UnreadableInputError

_TAR_SUFFIXES = (".tar.gz", ".tgz", ".crate")
_ZIP_SUFFIXES = (".whl", ".zip")
# The largest file read is an index of all public models, of 16 MB.
_MAXIMUM_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file of a package.

    Attributes:
        path: Its path inside the package, with slashes.
        content: Its bytes.
    """

    path: str
    content: bytes

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def package_files(package: Path, pattern: str) -> Iterator[PackageFile]:
    """Read the files of a package whose path inside it matches a pattern, in the order of their paths.

    Args:
        package: A wheel, an npm, crate or source archive, or a directory.
        pattern: Shell pattern of the whole path; `*` matches slashes too.

    Raises:
        InvalidInputError: The package is of a kind that is not read.
        UnreadableInputError: It cannot be read, or a file of it is too large.
    """
    if package.is_dir():
        files = _directory_files(package, pattern)
    elif package.name.endswith(_ZIP_SUFFIXES):
        files = _zip_files(package, pattern)
    elif package.name.endswith(_TAR_SUFFIXES):
        files = _tar_files(package, pattern)
    else:
        kinds = ", ".join((*_ZIP_SUFFIXES, *_TAR_SUFFIXES))
        raise InvalidInputError("is no package", field=str(package), fix=f"give a directory or a file of {kinds}")
    try:
        yield from files
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as problem:
        raise UnreadableInputError(f"cannot be read: {problem}", field=str(package)) from None


def _directory_files(directory: Path, pattern: str) -> Iterator[PackageFile]:
    for file in sorted(directory.rglob("*")):
        path = file.relative_to(directory).as_posix()
        if fnmatchcase(path, pattern) and file.is_file():
            _check_size(path, file.stat().st_size)
            yield PackageFile(path, file.read_bytes())


def _zip_files(package: Path, pattern: str) -> Iterator[PackageFile]:
    with zipfile.ZipFile(package) as archive:
        for member in sorted(archive.infolist(), key=lambda found: found.filename):
            if fnmatchcase(member.filename, pattern) and not member.is_dir():
                _check_size(member.filename, member.file_size)
                yield PackageFile(member.filename, archive.read(member))


def _tar_files(package: Path, pattern: str) -> Iterator[PackageFile]:
    with tarfile.open(package) as archive:
        for member in sorted(archive.getmembers(), key=lambda found: found.name):
            if fnmatchcase(member.name, pattern) and (opened := archive.extractfile(member)) is not None:
                _check_size(member.name, member.size)
                yield PackageFile(member.name, opened.read())


def _check_size(path: str, size_bytes: int) -> None:
    if size_bytes > _MAXIMUM_FILE_BYTES:
        raise UnreadableInputError(f"is larger than {_MAXIMUM_FILE_BYTES} bytes", field=path)
