"""JSON Patch (RFC 6902) on parsed objects: what an object is after a repair, apart from how it is written."""

from collections.abc import Mapping, Sequence
from typing import Any

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import FieldPath, json_pointer
from neuroscale.rules.finding import PatchOperation


class PatchDoesNotFitError(InvalidInputError):
    """A patch names a field that the object does not have."""


def patched(body: Mapping[str, Any], operations: Sequence[PatchOperation]) -> Mapping[str, Any]:
    """Return the object after the operations, one after the other; the given object is not changed.

    Raises:
        PatchDoesNotFitError: An operation names a field that is not there.
    """
    result: Any = body
    for operation in operations:
        result = _changed(result, operation.path, operation, operation.path)
    return result if isinstance(result, dict) else {}


def _changed(value: Any, path: FieldPath, operation: PatchOperation, whole: FieldPath) -> Any:
    """Return a copy of the value with one field changed; what lies beside the path is shared, not copied."""
    if not path:
        raise _unfitting(whole)
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        if rest or operation.operation != "add":
            if step not in value:
                raise _unfitting(whole)
            if not rest and operation.operation == "remove":
                return {key: each for key, each in value.items() if key != step}
        below = _changed(value[step], rest, operation, whole) if rest else operation.value
        return {**value, step: below}
    if isinstance(value, list) and isinstance(step, int):
        is_insertion = not rest and operation.operation == "add"
        if not 0 <= step < len(value) + is_insertion:
            raise _unfitting(whole)
        if rest:
            return [*value[:step], _changed(value[step], rest, operation, whole), *value[step + 1 :]]
        written = [] if operation.operation == "remove" else [operation.value]
        return [*value[:step], *written, *value[step + (not is_insertion) :]]
    raise _unfitting(whole)


def _unfitting(path: FieldPath) -> PatchDoesNotFitError:
    return PatchDoesNotFitError("the object has no such field", field=json_pointer(path))
