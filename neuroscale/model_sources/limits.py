"""How much is read from a source, and for how long."""

import time
from dataclasses import dataclass

from neuroscale.model_sources.errors import SourceUnavailableError

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one reading of one model.

    Attributes:
        config_bytes: Largest config.json, and largest companion of one.
        index_bytes: Largest list of a repository's files and largest index of safetensors files.
        header_bytes: Most bytes read of the headers of all weight files together.
        weight_files: Most weight files whose headers are read.
        total_seconds: Longest time for everything.
        idle_seconds: Longest time without a byte.
    """

    config_bytes: int = MEBIBYTE
    index_bytes: int = 16 * MEBIBYTE
    header_bytes: int = 64 * MEBIBYTE
    weight_files: int = 512
    total_seconds: float = 30.0
    idle_seconds: float = 10.0


class Deadline:
    """The time that is left for one reading of one model."""

    def __init__(self, limits: Limits, field: str) -> None:
        self._limits = limits
        self._field = field
        self._end = time.monotonic() + limits.total_seconds

    def left_seconds(self) -> float:
        """Return the time that the next step may wait.

        Raises:
            SourceUnavailableError: There is none left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise SourceUnavailableError(
                f"took longer than {self._limits.total_seconds:g} seconds", field=self._field, fix="try again later"
            )
        return min(left, self._limits.idle_seconds)
