"""The platform's policy as actions see it: the file, read again when it was changed."""

import logging
import threading
from pathlib import Path

from actions_service.log import log
from neuroscale.errors import NeuroScaleError
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.policy_file import policy_content, policy_of_content


class PolicyFile:
    """A policy that follows its file; what is wrong in a changed file is logged, and the last right one stays."""

    def __init__(self, file: Path) -> None:
        """Read the first policy.

        Raises:
            NeuroScaleError: It cannot be read, or a field of it is wrong.
        """
        self._file = file
        self._guard = threading.Lock()
        self._content = policy_content(file)
        self._refused = b""
        self._policy = policy_of_content(self._content, file)

    def current(self) -> RulePolicy:
        """Return the policy of the file as it is now, or the last one that was right."""
        with self._guard:
            try:
                content = policy_content(self._file)
                if content not in {self._content, self._refused}:
                    self._refused = content
                    self._policy = policy_of_content(content, self._file)
                    self._content, self._refused = content, b""
                    log(logging.INFO, "policy-changed", exceptions=len(self._policy.exceptions))
            except NeuroScaleError as error:
                log(logging.WARNING, "policy-refused", reason=str(error))
            return self._policy
