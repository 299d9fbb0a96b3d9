"""Everything that can go wrong with a request, and how it is told to the caller."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from neuroscale.cost_sources.errors import CostSourceAccessError, CostSourceUnavailableError
from neuroscale.errors import NeuroScaleError
from neuroscale.model_sources.errors import SourceBusyError, SourceUnavailableError

_REASON_PHRASE_LENGTH = 240
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e]+")


class Failure(Enum):
    """What went wrong with a request; the value is the HTTP status and Backstage's name for the error."""

    BAD_REQUEST = (400, "InputError")
    UNAUTHENTICATED = (401, "AuthenticationError")
    NOT_ALLOWED = (403, "NotAllowedError")
    NOT_FOUND = (404, "NotFoundError")
    METHOD_NOT_ALLOWED = (405, "NotAllowedError")
    TOO_SLOW = (408, "InputError")
    TOO_LARGE = (413, "InputError")
    UNSUPPORTED_MEDIA_TYPE = (415, "InputError")
    INVALID = (422, "InputError")
    INTERNAL = (500, "Error")
    SOURCE_UNAVAILABLE = (502, "ServiceUnavailableError")
    UNAVAILABLE = (503, "ServiceUnavailableError")
    OUT_OF_TIME = (504, "ServiceUnavailableError")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[0]

    @property
    def error_name(self) -> str:
        """The error class that Backstage knows for it."""
        return self.value[1]


FAILURE_MEANINGS: Mapping[Failure, str] = {
    Failure.BAD_REQUEST: "The body is not readable JSON.",
    Failure.UNAUTHENTICATED: "There is no token, or it proves nothing.",
    Failure.NOT_ALLOWED: "The caller is not on this machine and no tokens are set up.",
    Failure.NOT_FOUND: "There is no such action; the error names those there are.",
    Failure.METHOD_NOT_ALLOWED: "Another method is needed; the Allow header names it.",
    Failure.TOO_SLOW: "The body did not arrive in time.",
    Failure.TOO_LARGE: "The body is larger than 8 MiB.",
    Failure.UNSUPPORTED_MEDIA_TYPE: "The body does not claim to be application/json.",
    Failure.INVALID: "The input is not valid; the error names the field, what is wrong and what to write.",
    Failure.INTERNAL: "A fault in the service; the request id leads to it in the log.",
    Failure.SOURCE_UNAVAILABLE: "The server that has the model, or OpenCost or Prometheus, did not answer.",
    Failure.UNAVAILABLE: "All workers are busy, or too many models are being read; see Retry-After.",
    Failure.OUT_OF_TIME: "The action took too long.",
}


class RequestError(NeuroScaleError):
    """A request that is not answered by an action's output.

    Attributes:
        failure: What went wrong.
        headers: Response headers that belong to the failure, such as Allow or Retry-After.
    """

    def __init__(
        self,
        failure: Failure,
        message: str,
        *,
        field: str | None = None,
        fix: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, field=field, fix=fix)
        self.failure = failure
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure ready to be written in the dialect of either face."""

    failure: Failure
    message: str
    field_name: str | None = None
    fix: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason_phrase(self) -> str:
        """The short form, "field: what is wrong": one printable ASCII line, as Backstage shows nothing else.

        What to do about it follows in parentheses when it fits.
        """
        located = f"{self.field_name}: {self.message}" if self.field_name else self.message
        line = _printable(located)
        whole = f"{line} ({_printable(self.fix)})" if self.fix else line
        if len(whole) <= _REASON_PHRASE_LENGTH:
            return whole or self.failure.error_name
        if len(line) > _REASON_PHRASE_LENGTH:
            line = line[: _REASON_PHRASE_LENGTH - 3].rstrip() + "..."
        return line


def _printable(text: str) -> str:
    return _NOT_PRINTABLE.sub(lambda run: "?" if run.group().isprintable() else " ", text).strip()


def problem_of(error: NeuroScaleError) -> Problem:
    """Return what the caller is told about an error; one raised by the domain is about the input."""
    if isinstance(error, RequestError):
        return Problem(error.failure, error.message, error.field, error.fix, error.headers)
    if isinstance(error, SourceUnavailableError | CostSourceUnavailableError | CostSourceAccessError):
        return Problem(Failure.SOURCE_UNAVAILABLE, error.message, error.field, error.fix)
    if isinstance(error, SourceBusyError):
        return Problem(Failure.UNAVAILABLE, error.message, error.field, error.fix, {"Retry-After": "1"})
    return Problem(Failure.INVALID, error.message, error.field, error.fix)


def plain_body(problem: Problem, request_id: str) -> bytes:
    """Return the JSON body of an error for REST callers."""
    error: dict[str, object] = {"name": problem.failure.error_name, "message": problem.message}
    if problem.field_name:
        error["field"] = problem.field_name
    if problem.fix:
        error["fix"] = problem.fix
    error["requestId"] = request_id
    return json.dumps({"error": error}).encode()


def backstage_body(problem: Problem, request_id: str, action_id: str | None = None) -> bytes:
    """Return the JSON body of an error in Backstage's shape, whose message must stand alone."""
    message = f"{problem.field_name}: {problem.message}" if problem.field_name else problem.message
    if problem.failure is Failure.INVALID and problem.field_name and action_id:
        message = f'Invalid input to action "{action_id}": {message}'
    error = {
        "name": problem.failure.error_name,
        "message": f"{message} ({problem.fix})" if problem.fix else message,
        "requestId": request_id,
    }
    return json.dumps({"error": error, "response": {"statusCode": problem.failure.status}}).encode()
