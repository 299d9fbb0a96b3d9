"""Log lines: one JSON object each, built from chosen fields, so that no body, header or token can slip in."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

LOGGER = logging.getLogger("neuroscale.actions")


class JsonLineFormatter(logging.Formatter):
    """Writes a record as one line of JSON.

    The text of an exception is left out: it may quote what a client sent. Its type and the places in the code
    that it passed through are enough to find the fault.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a line end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # A library's arguments may hold raw input, so only its constant format string is written.
            "event": record.getMessage() if record.name == LOGGER.name else str(record.msg).partition("\n")[0],
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line |= fields
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["at"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line)


def configure_logging(level: str) -> None:
    """Send every log line of the process to standard error, in JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLineFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def log(level: int, event: str, **fields: object) -> None:
    """Write one line; the fields must be safe to keep: never input, tokens or headers."""
    LOGGER.log(level, event, extra={"fields": fields})
