"""What a report may hold beside the findings that stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from neuroscale.rules.exceptions import ExceptionReport, RuleException
from neuroscale.rules.finding import Finding, finding_as_json


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the findings.

    Attributes:
        exceptions: What became of the platform's exceptions; None when no policy was given.
        texts: The texts the objects were read from, by file name, for repairs at their places.
    """

    exceptions: ExceptionReport | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


NOTHING = Beside()


class FindingFormat(Protocol):
    """A format for findings and what is beside them."""

    def __call__(self, findings: Sequence[Finding], beside: Beside = NOTHING) -> str:
        """Return the report."""


def exceptions_as_json(report: ExceptionReport) -> dict[str, object]:
    """Return {"used": [...], "expired": [...], "unused": [...]}; the used ones with what they set aside."""
    return {
        "used": [
            _exception_as_json(use.exception) | {"findings": [finding_as_json(each) for each in use.findings]}
            for use in report.used
        ],
        "expired": [_exception_as_json(use.exception) for use in report.expired],
        "unused": [_exception_as_json(each) for each in report.unused],
    }


def exception_sentences(report: ExceptionReport) -> list[str]:
    """Return one line for each exception: used, expired, unused."""
    return [
        *(
            f"used: {exception_title(use.exception)}, {_count(len(use.findings))} set aside until "
            f"{use.exception.expires.isoformat()}"
            for use in report.used
        ),
        *(
            f"expired: {exception_title(use.exception)}, {_count(len(use.findings))} again since "
            f"{use.exception.expires.isoformat()}"
            for use in report.expired
        ),
        *(f"unused: {exception_title(each)}, nothing that was judged needs it" for each in report.unused),
    ]


def exception_title(exception: RuleException) -> str:
    """Return rule, objects, owner and reason of an exception in one line."""
    return f"{exception.rule} for {exception.objects} ({exception.owner}: {exception.reason})"


def _exception_as_json(exception: RuleException) -> dict[str, object]:
    return {
        "rule": exception.rule,
        "kind": exception.kind,
        "namespace": exception.namespace,
        "name": exception.name,
        "reason": exception.reason,
        "owner": exception.owner,
        "expires": exception.expires.isoformat(),
    }


def _count(number: int) -> str:
    return f"{number} {'finding' if number == 1 else 'findings'}"
