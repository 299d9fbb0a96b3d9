"""The shape of a rule: its identity, and the function that judges."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from neuroscale.rules.finding import Judgement, Severity
from neuroscale.rules.subject import Deployment, KnowledgeGap, ScaledEndpoint, ServingObject

DOCUMENTATION_ROOT = "https://neuroscale.dev/rules/"

SubjectT = TypeVar("SubjectT", Deployment, ScaledEndpoint, ServingObject, KnowledgeGap)


@dataclass(frozen=True, slots=True)
class Rule(Generic[SubjectT]):
    """One rule.

    Attributes:
        identifier: Stable id, e.g. "NS101".
        name: The pattern that is flagged, in kebab case.
        severity: The gravest severity a violation of it may have.
        subject: The type it judges.
        judge: Yields the violations of one subject, and the facts it lacked to judge it.
        page: The docstring of the rule's module, which is its published page.
    """

    identifier: str
    name: str
    severity: Severity
    subject: type[SubjectT]
    judge: Callable[[SubjectT], Judgement]
    page: str

    @property
    def documentation(self) -> str:
        """Address of the rule's page."""
        return f"{DOCUMENTATION_ROOT}{self.identifier}"
