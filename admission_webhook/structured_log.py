"""Log lines for machines: one JSON object each, on a stream, without request bodies."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import TextIO

LogValue = str | int | float | bool | None | list[str]

# A name or uid comes from the caller; a log line stays a line whatever is sent.
_MAXIMUM_TEXT_CHARACTERS = 512


class StructuredLog:
    """Writes events with named values to a text stream.

    The messages of foreign exceptions are left out: they may quote the request. Their type and their place in the
    code are what a developer needs.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def info(self, event: str, **values: LogValue) -> None:
        """Tell what happened as it should."""
        self._write("info", event, values)

    def warning(self, event: str, **values: LogValue) -> None:
        """Tell what went wrong outside this process, or what was turned away."""
        self._write("warning", event, values)

    def bug(self, event: str, error: BaseException) -> None:
        """Tell of a bug: the type of the error and where it arose."""
        frames = traceback.extract_tb(error.__traceback__)
        self._write(
            "error",
            event,
            {
                "error": type(error).__name__,
                "frames": [
                    f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]
                ],
            },
        )

    def _write(self, level: str, event: str, values: dict[str, LogValue]) -> None:
        cut = {
            name: value[:_MAXIMUM_TEXT_CHARACTERS] if isinstance(value, str) else value
            for name, value in values.items()
        }
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event} | cut
        self._stream.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._stream.flush()


class LogHandler(logging.Handler):
    """Brings the log records of libraries into the same form, without their texts, which may quote a request."""

    def __init__(self, log: StructuredLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record: who logged, where, and the error's type and place when there is one."""
        if record.exc_info is not None and record.exc_info[1] is not None:
            self._log.bug(f"library:{record.name}", record.exc_info[1])
        else:
            place = f"{record.filename}:{record.lineno}"
            self._log.warning(f"library:{record.name}", level=record.levelname.lower(), place=place)
