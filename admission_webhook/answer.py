"""Findings to an answer: one refusal that names every violation, warnings that arrive, and audit annotations.

The API server shows a user only the first webhook error, so all violations travel in one answer in a stable order.
kubectl prints the causes of a status with reason Invalid as a list. A warning that holds a control character is
dropped by the API server without a word, and once all warnings exceed 4096 characters each is cut to 256.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from admission_webhook.review import AdmissionRequest, AdmissionResponse, Status
from neuroscale.rules.exceptions import ExceptionReport
from neuroscale.rules.finding import Finding, Severity

PREFERRED_WARNING_CHARACTERS = 120
MAXIMUM_WARNING_CHARACTERS = 256
MAXIMUM_WARNINGS = 15
MAXIMUM_ANNOTATION_CHARACTERS = 1024
DOCUMENTATION = "https://neuroscale.dev/admission"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one request.

    Attributes:
        denials: Violations that refuse the object.
        warnings: Findings the user is told about while the object passes.
        notes: What the user has to know about the judgement itself, one line each.
        exceptions: What became of the platform's exceptions.
    """

    denials: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    exceptions: ExceptionReport = field(default_factory=ExceptionReport)

    @property
    def excepted_rules(self) -> tuple[str, ...]:
        """The rules that would have spoken without an exception."""
        return tuple(sorted({finding.rule for use in self.exceptions.used for finding in use.findings}))

    @property
    def allowed(self) -> bool:
        """Whether the object may be stored."""
        return not self.denials


def decide(findings: Iterable[Finding], standing: Iterable[Finding], *, enforce: bool) -> Verdict:
    """Sort findings into denials and warnings.

    A violation that the stored object already has is a warning: whoever changes a replica count, or a controller
    that sets an annotation, is not held up by what is there already.

    Args:
        findings: Findings of the object as it would be stored.
        standing: Findings of the object as it is stored; empty for a new object.
        enforce: Whether anything is denied at all.
    """
    known = {(finding.rule, finding.message) for finding in standing}
    ordered = sorted(findings, key=lambda finding: (finding.rule, finding.field, finding.message))
    denials: list[Finding] = []
    warnings: list[Finding] = []
    for finding in ordered:
        new = (finding.rule, finding.message) not in known
        if finding.severity is Severity.DENY and enforce and new:
            denials.append(finding)
        elif finding.severity is not Severity.INFO:
            warnings.append(finding)
    return Verdict(denials=tuple(denials), warnings=tuple(warnings))


def allow(request: AdmissionRequest) -> AdmissionResponse:
    """Answer for an object that is not judged."""
    return {"uid": request.uid, "allowed": True}


def answer(
    request: AdmissionRequest, verdict: Verdict, *, mode: str, version: str, duration_seconds: float
) -> AdmissionResponse:
    """Write the answer for a judged object."""
    response: AdmissionResponse = {
        "uid": request.uid,
        "allowed": verdict.allowed,
        "auditAnnotations": _audit_annotations(verdict, mode, version, duration_seconds),
    }
    if verdict.denials:
        response["status"] = _refusal(request, verdict.denials)
    if verdict.warnings or verdict.notes:
        response["warnings"] = write_warnings(verdict.warnings, verdict.notes)
    return response


def write_warnings(findings: Sequence[Finding], notes: Sequence[str] = ()) -> list[str]:
    """Write warnings that reach the user: one line each, short, few, none twice; notes come first."""
    texts = list(dict.fromkeys([*map(_note, notes), *map(_warning, findings)]))
    if len(texts) <= MAXIMUM_WARNINGS:
        return texts
    shown = texts[: MAXIMUM_WARNINGS - 1]
    return [*shown, f"{len(texts) - len(shown)} more, see {DOCUMENTATION}"]


def _refusal(request: AdmissionRequest, denials: Sequence[Finding]) -> Status:
    return {
        "code": 422,
        "reason": "Invalid",
        "message": "\n".join(
            _one_line(f"{denial.rule}: {denial.field}: {_explanation(denial)}") for denial in denials
        ),
        "details": {
            "group": request.group,
            "kind": request.kind,
            "name": request.name or denials[0].manifest.name,
            "causes": [
                {
                    "reason": "FieldValueInvalid",
                    "field": denial.field,
                    "message": _one_line(f"{denial.rule}: {_explanation(denial)}"),
                }
                for denial in denials
            ],
        },
    }


def _explanation(finding: Finding) -> str:
    return f"{finding.message} ({finding.fix})" if finding.fix else finding.message


def _note(text: str) -> str:
    return _one_line(_cut(f"NeuroScale: {text}"))


def _cut(text: str) -> str:
    return text if len(text) <= MAXIMUM_WARNING_CHARACTERS else text[: MAXIMUM_WARNING_CHARACTERS - 1] + "…"


def _warning(finding: Finding) -> str:
    explained = f"{finding.rule}: {_explanation(finding)}"
    forms = (f"{finding.rule}: {finding.field}: {_explanation(finding)}", explained)
    for form in forms:
        if len(form) <= PREFERRED_WARNING_CHARACTERS:
            return _one_line(form)
    for form in (explained, f"{finding.rule}: {finding.message}"):
        if len(form) <= MAXIMUM_WARNING_CHARACTERS:
            return _one_line(form)
    return _one_line(_cut(f"{finding.rule}: {finding.message}"))


def _one_line(text: str) -> str:
    """Replace control characters, line separators and lone surrogates, which never reach the user intact."""
    return "".join(
        " " if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} else character for character in text
    )


def _audit_annotations(verdict: Verdict, mode: str, version: str, duration_seconds: float) -> dict[str, str]:
    found = [f"{finding.rule}={severity}" for severity, findings in _by_effect(verdict) for finding in findings]
    annotations = {"mode": mode, "version": version, "duration": f"{duration_seconds * 1000:.1f}ms"}
    if found:
        annotations["findings"] = ",".join(dict.fromkeys(found))[:MAXIMUM_ANNOTATION_CHARACTERS]
    if verdict.excepted_rules:
        annotations["excepted"] = ",".join(verdict.excepted_rules)[:MAXIMUM_ANNOTATION_CHARACTERS]
    return annotations


def _by_effect(verdict: Verdict) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    return (("deny", verdict.denials), ("warn", verdict.warnings))
