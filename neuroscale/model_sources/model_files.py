"""The files of one model, wherever they are: what a source of any kind can be asked for."""

from typing import Protocol


class ModelFiles(Protocol):
    """The files of one model. Names are relative, with "/" between directories."""

    @property
    def provenance(self) -> str:
        """Where the files are, in words, with what pins them."""

    def names(self) -> tuple[str, ...] | None:
        """Return the names of the files; None when a source of this kind cannot list them."""

    def read(self, name: str, maximum_bytes: int) -> bytes | None:
        """Return a whole file, None when there is none of that name.

        Raises:
            NeuroScaleError: It cannot be read or is larger than allowed.
        """

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file; it is shorter than asked only where the file ends.

        Raises:
            NeuroScaleError: It cannot be read, or there is no such file.
        """
