"""The files of a mounted directory."""

from pathlib import Path

from neuroscale.errors import UnreadableInputError
from neuroscale.model_sources.location import LocalModel

_MAXIMUM_FILES = 10_000


class DirectoryFiles:
    """The files of a directory and of those directly below it."""

    def __init__(self, root: Path, field: str) -> None:
        self._root = root
        self._field = field

    @property
    def provenance(self) -> str:
        """The directory."""
        return str(self._root)

    def names(self) -> tuple[str, ...]:
        """Return the files' names; what tools hide in directories with a leading dot is left out."""
        try:
            files = [*self._root.iterdir()]
            files += [inner for path in files if path.is_dir() and path.name[0] != "." for inner in path.iterdir()]
            found = [file.relative_to(self._root).as_posix() for file in files[:_MAXIMUM_FILES] if file.is_file()]
        except OSError as problem:
            raise self._unreadable(problem) from None
        return tuple(sorted(found))

    def read(self, name: str, maximum_bytes: int) -> bytes | None:
        """Return a whole file, None when there is none of that name."""
        try:
            with (self._root / name).open("rb") as opened:
                content = opened.read(maximum_bytes + 1)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise self._unreadable(problem) from None
        if len(content) > maximum_bytes:
            raise UnreadableInputError(f"{name} is larger than {maximum_bytes} bytes", field=self._field)
        return content

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file."""
        try:
            with (self._root / name).open("rb") as opened:
                opened.seek(offset)
                return opened.read(length)
        except OSError as problem:
            raise self._unreadable(problem) from None

    def _unreadable(self, problem: OSError) -> UnreadableInputError:
        return UnreadableInputError(f"cannot be read: {problem.strerror or problem}", field=self._field)


def open_local(location: LocalModel, field: str) -> tuple[DirectoryFiles, str | None]:
    """Return the files at a path, and the one that was named.

    Raises:
        UnreadableInputError: There is nothing at the path.
    """
    path = location.path
    try:
        is_directory, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):
        is_directory = is_file = False
    if is_directory:
        return DirectoryFiles(path, field), None
    if not is_file:
        raise UnreadableInputError("No such file or directory", field=field)
    return DirectoryFiles(path.parent, field), path.name
