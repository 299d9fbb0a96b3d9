"""YAML text to values with positions, read as Kubernetes reads it."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

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
from neuroscale.manifests.yaml_scalars import ScalarError, key_text, resolve_plain_scalar

_TEMPLATE_FIX = "if this is a template, render it first and check what it gives"
_TAG_PREFIX = "tag:yaml.org,2002:"
_SCALAR_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


def parse_yaml(text: str, file: str) -> tuple[WrittenValue, ...]:
    """Read every document of a YAML stream; an empty document is a value of None.

    The events of the parser are composed here instead of by the library, so that depth and alias expansion are
    bounded before anything is built, and duplicate keys are errors as they are to kubectl.

    Raises:
        UnreadableInputError: The text is not YAML, repeats a key, or is over a limit.
    """
    check_text_size(text, file)
    try:
        return tuple(_Composer(text, file).documents())
    except yaml.reader.ReaderError as error:
        raise _reader_error(error, text, file) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        location = format_location(file, _mark_position(mark)) if mark else file
        problem = error.problem or error.context or "cannot be parsed"
        raise UnreadableInputError(f"not YAML: {problem}", field=location, fix=_template_fix(text)) from None


def _reader_error(error: yaml.reader.ReaderError, text: str, file: str) -> UnreadableInputError:
    before = text[: error.position]
    position = SourcePosition(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    return UnreadableInputError(f"not YAML: {error.reason}", field=format_location(file, position))


def _template_fix(text: str) -> str | None:
    return _TEMPLATE_FIX if "{{" in text else None


def _position(event: Event) -> SourcePosition:
    return _mark_position(event.start_mark)


def _mark_position(mark: Any) -> SourcePosition:
    return SourcePosition(mark.line + 1, mark.column + 1)


class _Composer:
    """Composes the events of one stream; holds the anchors of the document at hand."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._events: Iterator[Event] = iter(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        self._anchors: dict[str, WrittenValue] = {}
        self._open_anchors: set[str] = set()
        self._values = 0

    def documents(self) -> Iterator[WrittenValue]:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._anchors = {}
                self._values = 0
                yield self._value(next(self._events), 0)
            elif isinstance(event, StreamStartEvent | StreamEndEvent):
                continue

    def _value(self, event: Event, depth: int) -> WrittenValue:
        position = _position(event)
        check_depth(depth, self._file, position)
        if isinstance(event, AliasEvent):
            return self._count(self._alias(event), position)
        anchor = getattr(event, "anchor", None)
        if isinstance(event, ScalarEvent):
            written = self._count(WrittenValue(self._scalar(event), PositionTree(position)), position)
        else:
            if anchor:
                self._open_anchors.add(anchor)
            written = self._collection(event, position, depth)
            self._open_anchors.discard(anchor or "")
        if anchor:
            self._anchors[anchor] = written
        return written

    def _count(self, written: WrittenValue, position: SourcePosition) -> WrittenValue:
        self._values += written.expanded_values
        check_expansion(self._values, self._file, position)
        return written

    def _alias(self, event: AliasEvent) -> WrittenValue:
        if event.anchor in self._open_anchors:
            self._fail(_position(event), f'alias "*{event.anchor}" stands inside its own anchor')
        if event.anchor not in self._anchors:
            self._fail(_position(event), f'alias "*{event.anchor}" has no anchor in this document')
        return self._anchors[event.anchor]

    def _collection(self, event: Event, position: SourcePosition, depth: int) -> WrittenValue:
        if not isinstance(event, CollectionStartEvent):
            self._fail(position, "not YAML: a value is expected here")
        self._check_collection_tag(event)
        self._count(WrittenValue(None, PositionTree(position)), position)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(position, depth)
        return self._mapping(position, depth)

    def _sequence(self, position: SourcePosition, depth: int) -> WrittenValue:
        values: list[Any] = []
        trees: dict[str | int, PositionTree] = {}
        size = 1
        while not isinstance(event := next(self._events), SequenceEndEvent):
            element = self._value(event, depth + 1)
            trees[len(values)] = PositionTree(_position(event), element.positions.fields)
            values.append(element.value)
            size += element.expanded_values
        return WrittenValue(values, PositionTree(position, trees), size)

    def _mapping(self, position: SourcePosition, depth: int) -> WrittenValue:
        values: dict[str, Any] = {}
        trees: dict[str | int, PositionTree] = {}
        merged: list[tuple[SourcePosition, WrittenValue]] = []
        size = 1
        while not isinstance(event := next(self._events), MappingEndEvent):
            key_position = _position(event)
            is_merge = isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = self._key(event, depth)
            entry = self._value(next(self._events), depth + 1)
            size += entry.expanded_values
            if is_merge:
                merged.append((key_position, entry))
                continue
            if key in values:
                raise duplicate_key_error(key, self._file, key_position, trees[key].position)
            values[key] = entry.value
            trees[key] = PositionTree(key_position, entry.positions.fields)
        for key_position, entry in merged:
            self._merge(key_position, entry, values, trees)
        return WrittenValue(values, PositionTree(position, trees), size)

    def _key(self, event: Event, depth: int) -> str:
        key = key_text(self._value(event, depth + 1).value)
        if key is None:
            fix = _TEMPLATE_FIX if isinstance(event, MappingStartEvent) else None
            self._fail(_position(event), "a mapping key must be a string, a number or a boolean", fix)
        return key

    def _merge(
        self,
        position: SourcePosition,
        entry: WrittenValue,
        values: dict[str, Any],
        trees: dict[str | int, PositionTree],
    ) -> None:
        sources = [entry.value] if isinstance(entry.value, dict) else entry.value
        if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
            self._fail(position, 'the merge key "<<" needs a mapping or a list of mappings')
        for index, source in enumerate(sources):
            below = entry.positions if source is entry.value else entry.positions.fields[index]
            for key, value in source.items():
                if key not in values:
                    values[key] = value
                    trees[key] = below.fields[key]

    def _scalar(self, event: ScalarEvent) -> str | int | float | bool | None:
        try:
            if event.tag is None or event.tag == "!":
                return resolve_plain_scalar(event.value) if event.implicit[0] else event.value
            name = event.tag.removeprefix(_TAG_PREFIX)
            if name == "str":
                return event.value
            value = resolve_plain_scalar(event.value)
        except ScalarError as error:
            self._fail(_position(event), str(error))
        allowed = _SCALAR_TYPES.get(name)
        if allowed is None:
            self._fail(_position(event), f'the tag "{event.tag}" has no meaning in a Kubernetes manifest')
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            self._fail(_position(event), f'"{event.value}" is not a value of type {name}')
        return value

    def _check_collection_tag(self, event: CollectionStartEvent) -> None:
        if event.tag not in {None, "!", f"{_TAG_PREFIX}map", f"{_TAG_PREFIX}seq"}:
            self._fail(_position(event), f'the tag "{event.tag}" has no meaning in a Kubernetes manifest')

    def _fail(self, position: SourcePosition, message: str, fix: str | None = None) -> NoReturn:
        raise UnreadableInputError(message, field=format_location(self._file, position), fix=fix)
