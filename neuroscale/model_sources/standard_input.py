"""A config.json from standard input."""

from typing import BinaryIO

from neuroscale.errors import UnreadableInputError


class StandardInputFiles:
    """One file that can be read once: what is written to standard input, under the name "-"."""

    def __init__(self, stream: BinaryIO, field: str) -> None:
        self._stream = stream
        self._field = field

    @property
    def provenance(self) -> str:
        """Where it came from."""
        return "standard input"

    def names(self) -> tuple[str, ...]:
        """Return the one name."""
        return ("-",)

    def read(self, name: str, maximum_bytes: int) -> bytes | None:
        """Return what was written."""
        if name != "-":
            return None
        content = self._stream.read(maximum_bytes + 1)
        if len(content) > maximum_bytes:
            raise UnreadableInputError(f"is larger than {maximum_bytes} bytes", field=self._field)
        return content

    def read_range(self, name: str, offset: int, length: int) -> bytes:  # noqa: ARG002 - the shape of all sources
        """Refuse: a stream has no parts."""
        raise UnreadableInputError("weights are not read from standard input", field=self._field)
