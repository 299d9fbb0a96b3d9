"""A finding: what a rule has to say about one place of one object."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from neuroscale.manifests.object import FieldPath, ManifestObject, format_field_path, json_pointer


class Severity(StrEnum):
    """How a surface treats a finding. Members are in descending order of gravity."""

    DENY = "deny"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """One operation of a JSON Patch (RFC 6902) on the judged object.

    Attributes:
        operation: What is done at the path.
        path: The field, from the root of the object.
        value: What is written; None for "remove".
    """

    operation: Literal["add", "replace", "remove"]
    path: FieldPath
    value: object = None


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule yields; the registry adds the rule's own identity and severity.

    Attributes:
        path: The field to change.
        message: The numbers and what will happen, with the engine's own error where there is one. One line.
        fix: What to write instead, with the valid alternatives. One line; "" when nothing is certain.
        severity: Overrides the rule's severity downwards for this one violation.
        patch: The change that certainly repairs the violation without changing what was meant; empty when there is
            a choice to make.
    """

    path: FieldPath
    message: str
    fix: str = ""
    severity: Severity | None = None
    patch: tuple[PatchOperation, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingFact:
    """What a rule yields when it needed a fact that nothing states: the honest answer is "cannot judge".

    Attributes:
        path: The field that would have to say more.
        message: What is not known, in one line. Equal messages at one path are one cause, whatever rules they stop.
        fix: How the fact can be supplied, in one line.
        severity: WARN where a rule that can deny was stopped, INFO where only a refinement was.
    """

    path: FieldPath
    message: str
    fix: str = ""
    severity: Severity = Severity.WARN


Judgement = Iterator[Violation | MissingFact]


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation with its rule, its object and its place in the source.

    Attributes:
        patch: The change of the object that certainly repairs it; empty when there is a choice to make.
    """

    rule: str
    name: str
    severity: Severity
    manifest: ManifestObject
    path: FieldPath
    message: str
    fix: str
    documentation: str
    patch: tuple[PatchOperation, ...] = ()

    @property
    def field(self) -> str:
        """The path as Kubernetes writes it."""
        return format_field_path(self.path)

    @property
    def sort_key(self) -> tuple[str, str, str, str, str, str]:
        """Stable order: object, then rule, then field, then message."""
        manifest = self.manifest
        return (manifest.kind, manifest.namespace, manifest.name, self.rule, self.field, self.message)


def patch_as_json(patch: tuple[PatchOperation, ...]) -> list[dict[str, object]]:
    """Return a patch as RFC 6902 writes it: `op`, `path` as a JSON Pointer, and `value` unless it removes."""
    return [
        {"op": operation.operation, "path": json_pointer(operation.path)}
        | ({} if operation.operation == "remove" else {"value": operation.value})
        for operation in patch
    ]


def finding_as_json(finding: Finding) -> dict[str, object]:
    """Return the public JSON form of a finding: the same on the command line, over HTTP and in reports."""
    manifest = finding.manifest
    source = manifest.source
    position = source.position(finding.path) if source else None
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "object": {
            "apiVersion": manifest.api_version,
            "kind": manifest.kind,
            "namespace": manifest.namespace,
            "name": manifest.name,
        },
        "path": finding.field,
        "file": source.file if source else None,
        "line": position.line if position else None,
        "column": position.column if position else None,
        "message": finding.message,
        "fix": finding.fix,
        "patch": patch_as_json(finding.patch),
        "documentation": finding.documentation,
    }
