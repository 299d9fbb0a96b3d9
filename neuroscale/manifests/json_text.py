"""JSON text to values with positions, one value after the other as kubectl accepts it."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any, NoReturn

from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.object import SourcePosition
from neuroscale.manifests.written import (
    PositionTree,
    WrittenValue,
    check_depth,
    check_expansion,
    check_text_size,
    duplicate_key_error,
    format_location,
)
from neuroscale.manifests.yaml_scalars import ScalarError, json_number

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)")
_LITERALS: tuple[tuple[str, bool | None], ...] = (("true", True), ("false", False), ("null", None))
_MAXIMUM_INTEGER_CHARACTERS = 20
_STRINGS = JSONDecoder()


def parse_json(text: str, file: str) -> tuple[WrittenValue, ...]:
    """Read the JSON values of a text.

    Raises:
        UnreadableInputError: The text is not JSON, repeats a key, or is over a limit.
    """
    check_text_size(text, file)
    return tuple(_Reader(text, file).values())


class _Reader:
    """Reads one text; holds the place reached and the number of values met."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._index = 0
        self._values = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def values(self) -> Iterator[WrittenValue]:
        self._skip_space()
        while self._index < len(self._text):
            self._values = 0
            yield self._value(0)
            self._skip_space()

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._index)
        self._index = match.end() if match else self._index

    def _position(self, index: int) -> SourcePosition:
        line = bisect_right(self._line_starts, index)
        return SourcePosition(line, index - self._line_starts[line - 1] + 1)

    def _fail(self, message: str) -> NoReturn:
        location = format_location(self._file, self._position(self._index))
        raise UnreadableInputError(f"not JSON: {message}", field=location)

    def _take(self, token: str) -> bool:
        if self._text.startswith(token, self._index):
            self._index += len(token)
            return True
        return False

    def _value(self, depth: int) -> WrittenValue:
        position = self._position(self._index)
        check_depth(depth, self._file, position)
        self._values += 1
        check_expansion(self._values, self._file, position)
        if self._take("{"):
            return self._object(position, depth)
        if self._take("["):
            return self._array(position, depth)
        if self._text.startswith('"', self._index):
            return WrittenValue(self._string(), PositionTree(position))
        for token, value in _LITERALS:
            if self._take(token):
                return WrittenValue(value, PositionTree(position))
        return WrittenValue(self._number(), PositionTree(position))

    def _object(self, position: SourcePosition, depth: int) -> WrittenValue:
        values: dict[str, Any] = {}
        trees: dict[str | int, PositionTree] = {}
        size = 1
        self._skip_space()
        if self._take("}"):
            return WrittenValue(values, PositionTree(position))
        while True:
            self._skip_space()
            key_position = self._position(self._index)
            if not self._text.startswith('"', self._index):
                self._fail("a key in double quotes is expected here")
            key = self._string()
            self._skip_space()
            if not self._take(":"):
                self._fail('":" is expected here')
            self._skip_space()
            entry = self._value(depth + 1)
            if key in values:
                raise duplicate_key_error(key, self._file, key_position, trees[key].position)
            values[key] = entry.value
            trees[key] = PositionTree(key_position, entry.positions.fields)
            size += entry.expanded_values
            self._skip_space()
            if self._take("}"):
                return WrittenValue(values, PositionTree(position, trees), size)
            if not self._take(","):
                self._fail('"," or "}" is expected here')

    def _array(self, position: SourcePosition, depth: int) -> WrittenValue:
        values: list[Any] = []
        trees: dict[str | int, PositionTree] = {}
        size = 1
        self._skip_space()
        if self._take("]"):
            return WrittenValue(values, PositionTree(position))
        while True:
            self._skip_space()
            element = self._value(depth + 1)
            trees[len(values)] = element.positions
            values.append(element.value)
            size += element.expanded_values
            self._skip_space()
            if self._take("]"):
                return WrittenValue(values, PositionTree(position, trees), size)
            if not self._take(","):
                self._fail('"," or "]" is expected here')

    def _string(self) -> str:
        try:
            text, self._index = _STRINGS.raw_decode(self._text, self._index)
        except JSONDecodeError as error:
            self._index = error.pos
            self._fail(error.msg)
        # Half of a surrogate pair cannot be written as UTF-8; Go's decoder puts the same replacement character.
        return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _number(self) -> int | float:
        match = _NUMBER.match(self._text, self._index)
        if match is None:
            self._fail("a value is expected here")
        text = match[0]
        try:
            whole = not match["fraction"] and len(text) <= _MAXIMUM_INTEGER_CHARACTERS
            number = int(text) if whole else json_number(float(text))
        except ScalarError as error:
            self._fail(str(error))
        self._index = match.end()
        return number
