"""Reading the fields of an object that may hold anything: the right type, nothing, or a clear error."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import FieldPath, ManifestObject, format_field_path
from neuroscale.manifests.quantity import parse_quantity


@dataclass(frozen=True, slots=True)
class Field:
    """A place in an object and what is written there; null counts as absent, as it does to Kubernetes.

    Every reading method raises InvalidInputError, naming the field, when a value of another type is written.
    """

    manifest: ManifestObject
    path: FieldPath
    value: Any

    def __getitem__(self, name: str) -> "Field":
        """Return the field below; it holds None when it, or this mapping, is absent."""
        return Field(self.manifest, (*self.path, name), self.mapping().get(name))

    @property
    def is_written(self) -> bool:
        """Whether anything but null stands here."""
        return self.value is not None

    def mapping(self) -> Mapping[str, Any]:
        """Return the mapping here, an empty one when absent."""
        if self.value is None:
            return {}
        if not isinstance(self.value, Mapping):
            raise self.wrong_type("a mapping")
        return self.value

    def items(self) -> Iterator[tuple[str, "Field"]]:
        """Return the fields of the mapping here by name."""
        for name in self.mapping():
            if isinstance(name, str):
                yield name, self[name]

    def elements(self) -> tuple["Field", ...]:
        """Return the elements of the list here, none when absent."""
        if self.value is None:
            return ()
        if isinstance(self.value, str) or not isinstance(self.value, Sequence):
            raise self.wrong_type("a list")
        return tuple(Field(self.manifest, (*self.path, index), item) for index, item in enumerate(self.value))

    def text(self) -> str | None:
        """Return the string here, None when absent or empty."""
        if self.value is None:
            return None
        if not isinstance(self.value, str):
            raise self.wrong_type("a string")
        return self.value or None

    def integer(self) -> int | None:
        """Return the integer here, None when absent."""
        if self.value is None:
            return None
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.wrong_type("an integer")
        return self.value

    def number(self) -> float | None:
        """Return the quantity here as a number, None when absent or no quantity."""
        if isinstance(self.value, Mapping) or (
            isinstance(self.value, Sequence) and not isinstance(self.value, str)
        ):
            raise self.wrong_type("a quantity")
        quantity = parse_quantity(self.value)
        return None if quantity is None else float(quantity)

    def boolean(self) -> bool:
        """Return the boolean here, False when absent."""
        if self.value is None:
            return False
        if not isinstance(self.value, bool):
            raise self.wrong_type("true or false")
        return self.value

    def texts(self) -> tuple[tuple[str, FieldPath], ...]:
        """Return the strings of the list here, each with its path."""
        texts = []
        for element in self.elements():
            if not isinstance(element.value, str):
                raise element.wrong_type("a string")
            texts.append((element.value, element.path))
        return tuple(texts)

    def wrong_type(self, wanted: str) -> InvalidInputError:
        """Return the error for a value here that is not what was wanted."""
        return self.error(f"must be {wanted}, not {_shown(self.value)}", _quote_fix(wanted, self.value))

    def error(self, message: str, fix: str | None = None) -> InvalidInputError:
        """Return an error about this field."""
        return InvalidInputError(message, field=format_field_path(self.path), fix=fix)


def root(manifest: ManifestObject) -> Field:
    """Return the whole object as a field."""
    return Field(manifest, (), manifest.body)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:60]}"'
    return f"{value}" if isinstance(value, int | float) else "a list"


def _quote_fix(wanted: str, value: object) -> str | None:
    if wanted == "a string" and isinstance(value, bool | int | float):
        return "put it in quotes"
    return None
