"""A parsed value with the place of every field in its file, and the limits that keep hostile text harmless."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.object import FieldPath, SourcePosition

# An object in etcd is at most 1.5 MiB; a file holds several, and rendered releases hold hundreds.
MAXIMUM_TEXT_CHARACTERS = 16 * 1024 * 1024
# Custom resource definitions nest about 40 deep; the API server's own decoder stops far above this.
MAXIMUM_DEPTH = 100
# Counted after aliases are expanded: kubectl's YAML decoder refuses "excessive aliasing" in the same spirit.
MAXIMUM_EXPANDED_VALUES = 1_000_000


@dataclass(frozen=True, slots=True)
class PositionTree:
    """Where a value stands and, below it, where its fields (by key) or elements (by index) stand."""

    position: SourcePosition
    fields: Mapping[str | int, "PositionTree"] = field(default_factory=dict)

    def position_of(self, path: FieldPath) -> SourcePosition:
        """Return the place of a field, or of the nearest enclosing field that is written."""
        tree = self
        for step in path:
            below = tree.fields.get(step)
            if below is None:
                break
            tree = below
        return tree.position


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """A value as JSON types, where it and its fields stand, and how many values it holds, itself included."""

    value: Any
    positions: PositionTree
    expanded_values: int = 1


@dataclass(frozen=True, slots=True)
class FileSource:
    """The ObjectSource of an object read from text."""

    file: str
    positions: PositionTree = field(repr=False)

    def position(self, path: FieldPath) -> SourcePosition | None:
        """Return where the field stands, or the nearest enclosing field that is written."""
        return self.positions.position_of(path)


def format_location(file: str, position: SourcePosition) -> str:
    """Write a place as compilers do: file:line:column."""
    return f"{file}:{position.line}:{position.column}"


def check_text_size(text: str, file: str) -> None:
    """Refuse a text that is larger than any honest manifest file.

    Raises:
        UnreadableInputError: The text is over the limit.
    """
    if len(text) > MAXIMUM_TEXT_CHARACTERS:
        raise UnreadableInputError(
            f"{len(text)} characters is over the limit of {MAXIMUM_TEXT_CHARACTERS}",
            field=file,
            fix="split the file",
        )


def check_expansion(expanded_values: int, file: str, position: SourcePosition) -> None:
    """Refuse a document whose aliases expand to more values than a cluster would take.

    Raises:
        UnreadableInputError: The document is over the limit.
    """
    if expanded_values > MAXIMUM_EXPANDED_VALUES:
        raise UnreadableInputError(
            f"the document holds more than {MAXIMUM_EXPANDED_VALUES} values once its aliases are expanded",
            field=format_location(file, position),
            fix="split the document or write fewer aliases",
        )


def check_depth(depth: int, file: str, position: SourcePosition) -> None:
    """Refuse a document that nests deeper than any Kubernetes object.

    Raises:
        UnreadableInputError: The document is over the limit.
    """
    if depth > MAXIMUM_DEPTH:
        raise UnreadableInputError(
            f"nested deeper than {MAXIMUM_DEPTH} levels", field=format_location(file, position)
        )


def duplicate_key_error(
    key: str, file: str, position: SourcePosition, first: SourcePosition
) -> UnreadableInputError:
    """Return the error for a key that is written twice in one mapping, which kubectl refuses too."""
    return UnreadableInputError(
        f'key "{key}" is already set in this mapping at line {first.line}',
        field=format_location(file, position),
        fix="keep one of the two",
    )
