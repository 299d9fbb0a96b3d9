"""Exceptions that the platform grants: who may break which rule, why, on whose word, and until when."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class RuleException:
    """Leave for some objects to break one rule.

    Attributes:
        rule: Identifier of the rule.
        kind: Kind of the objects; "" for any.
        namespace: Namespace of the objects; `*` and `?` stand for any characters and for any one. "" for any.
        name: Name of the objects, with the same wildcards; "" for any.
        reason: Why it is granted.
        owner: Who answers for it.
        expires: The last day on which it holds (UTC).
    """

    rule: str
    kind: str
    namespace: str
    name: str
    reason: str
    owner: str
    expires: date

    @property
    def objects(self) -> str:
        """The objects it names: "InferenceService search/chat-*"."""
        return f"{self.kind or '*'} {self.namespace or '*'}/{self.name or '*'}"

    def covers(self, rule: str, manifest: ManifestObject) -> bool:
        """Whether it is about this rule and this object, whatever the day."""
        return (
            self.rule == rule
            and self.kind in {"", manifest.kind}
            and (not self.namespace or fnmatchcase(manifest.namespace, self.namespace))
            and (not self.name or fnmatchcase(manifest.name, self.name))
        )

    def holds_on(self, today: date) -> bool:
        """Whether it has not expired."""
        return today <= self.expires


@dataclass(frozen=True, slots=True)
class ExceptionUse:
    """An exception and the findings it is about."""

    exception: RuleException
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ExceptionReport:
    """What became of the exceptions in one judgement.

    Attributes:
        used: Those that hold, with the findings they set aside.
        expired: Those that expired, with the findings that fire again.
        unused: Those that no finding is about: they can be withdrawn, if everything they name was judged.
    """

    used: tuple[ExceptionUse, ...] = ()
    expired: tuple[ExceptionUse, ...] = ()
    unused: tuple[RuleException, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there are no exceptions at all."""
        return not (self.used or self.expired or self.unused)


def expiry_note(exception: RuleException) -> str:
    """Return what a finding says that fires again: whose exception expired, and when."""
    return f"; the exception of {exception.owner} ({exception.reason}) expired on {exception.expires.isoformat()}"
