"""One Kubernetes object, and where its fields stand in the file it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

FieldPath = tuple[str | int, ...]


def format_field_path(path: FieldPath) -> str:
    """Write a path as Kubernetes does: spec.containers[0].args[2], metadata.annotations[a.b/c]."""
    text = ""
    for step in path:
        if isinstance(step, int) or any(character in step for character in "./[]"):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def json_pointer(path: FieldPath) -> str:
    """Write a path as a JSON Pointer (RFC 6901): /spec/containers/0/args/2, /metadata/annotations/a.b~1c."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


@dataclass(frozen=True, slots=True)
class SourcePosition:
    """A place in a file, both counted from 1."""

    line: int
    column: int


class ObjectSource(Protocol):
    """The file an object was read from."""

    @property
    def file(self) -> str:
        """Name of the file, "-" for standard input."""

    def position(self, path: FieldPath) -> SourcePosition | None:
        """Return where the field stands, or the nearest enclosing field that is written."""


ManifestIdentity = tuple[str, str, str, str]
"""API group, kind, namespace and name of an object."""


@dataclass(frozen=True, slots=True)
class ManifestObject:
    """A Kubernetes object as parsed, never changed.

    Attributes:
        api_version: e.g. "serving.kserve.io/v1beta1".
        kind: e.g. "InferenceService".
        namespace: "" when the manifest names none.
        name: "" when the manifest has only generateName.
        body: The whole object.
        source: None when it did not come from a file.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    body: Mapping[str, Any]
    source: ObjectSource | None = None

    @property
    def identity(self) -> ManifestIdentity:
        """What tells it from every other object of a cluster, whatever version or generation it was read at."""
        return (self.api_group, self.kind, self.namespace, self.name)

    @property
    def api_group(self) -> str:
        """The group of the API version, "" for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def labels(self) -> Mapping[str, str]:
        """metadata.labels with string values only."""
        return _strings(self.body, "labels")

    @property
    def annotations(self) -> Mapping[str, str]:
        """metadata.annotations with string values only."""
        return _strings(self.body, "annotations")


def _strings(body: Mapping[str, Any], field: str) -> Mapping[str, str]:
    metadata = body.get("metadata")
    values = metadata.get(field) if isinstance(metadata, Mapping) else None
    if not isinstance(values, Mapping):
        return {}
    return {key: value for key, value in values.items() if isinstance(key, str) and isinstance(value, str)}
