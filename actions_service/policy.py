"""The platform's policy as actions see it: the file, read again when it was changed."""

import logging
import threading
from pathlib import Path

from actions_service.log import log
from neuroscale.errors import NeuroScaleError, UnreadableInputError
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.policy_file import read_rule_policy

# The API server takes no larger ConfigMap.
_LARGEST_FILE_BYTES = 1024 * 1024


class PolicyFile:
    """A policy that follows its file; what is wrong in a changed file is logged, and the last right one stays."""

    def __init__(self, file: Path) -> None:
        """Read the first policy.

        Raises:
            NeuroScaleError: It cannot be read, or a field of it is wrong.
        """
        self._file = file
        self._guard = threading.Lock()
        self._content = _read(file)
        self._refused = b""
        self._policy = _parse(self._content, file)

    def current(self) -> RulePolicy:
        """Return the policy of the file as it is now, or the last one that was right."""
        with self._guard:
            try:
                content = _read(self._file)
                if content not in {self._content, self._refused}:
                    self._refused = content
                    self._policy = _parse(content, self._file)
                    self._content, self._refused = content, b""
                    log(logging.INFO, "policy-changed", exceptions=len(self._policy.exceptions))
            except NeuroScaleError as error:
                log(logging.WARNING, "policy-refused", reason=str(error))
            return self._policy


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST_FILE_BYTES:
            raise UnreadableInputError("larger than 1 MiB", field=str(file))
        return file.read_bytes()
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}", field=str(file)) from error


def _parse(content: bytes, file: Path) -> RulePolicy:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableInputError("cannot be read: it is not UTF-8 text", field=str(file)) from error
    return read_rule_policy(text, str(file))
