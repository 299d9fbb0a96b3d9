"""Changes to one document of YAML (or JSON) text that touch the changed field alone.

The text is not written anew from its values: only the characters of the field are replaced, inserted or removed, so
that comments, blank lines, quotes, indentation, line breaks and everything else stay as their author wrote them.
What cannot be changed in that way (a field that an alias or a merge key brings in, a block scalar) is refused; and
whoever calls this reads the result again and compares, so a mistake here cannot reach a file.
"""

import json
import re
from collections.abc import Sequence
from typing import NoReturn

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import FieldPath, format_field_path
from neuroscale.manifests.yaml_scalars import resolve_plain_scalar
from neuroscale.rules.finding import PatchOperation

# What needs no quotes wherever it stands, unless it reads as another type.
_PLAIN = re.compile(r"(?=[\w./-])[-\w./=@%+,]+(?::[-\w./=@%+,]+)*", re.ASCII)
_PLAIN_IN_FLOW = re.compile(r"(?=[\w./-])[-\w./=@%+]+(?::[-\w./=@%+]+)*", re.ASCII)
_COMMA = re.compile(r"\s*,")


class CannotEditError(InvalidInputError):
    """The field is written in a way that cannot be changed in place."""


def edited(document: str, place: FieldPath, operations: Sequence[PatchOperation]) -> str:
    """Return the text of one document after the operations on the object that stands at a place in it.

    Args:
        document: The text from the first character of the document's value on; what follows it stays.
        place: Where the object is in the document: () for the document itself, ("items", 2) in a list.
        operations: The changes, one after the other, with paths from the root of the object.

    Raises:
        CannotEditError: A field is written in a way that cannot be changed in place.
    """
    text, rest = document, list(operations)
    while rest:
        operation = rest.pop(0)
        path = (*place, *operation.path)
        if rest and _is_rename(operation, rest[0]):
            text = _renamed(text, path, str(rest[0].path[-1]), rest[0].value)
            rest.pop(0)
        elif operation.operation == "remove":
            text = _without(text, path)
        elif operation.operation == "replace":
            text = _replaced(text, path, operation.value)
        else:
            text = _with(text, path, operation.value)
    return text


def _is_rename(first: PatchOperation, second: PatchOperation) -> bool:
    return (
        (first.operation, second.operation) == ("remove", "add")
        and first.path[:-1] == second.path[:-1]
        and isinstance(first.path[-1], str)
        and isinstance(second.path[-1], str)
    )


def _replaced(text: str, path: FieldPath, value: object) -> str:
    parent = _node(text, path[:-1])
    node = _child(parent, path)
    if isinstance(node, ScalarNode):
        if node.style in {"|", ">"}:
            _refuse(path, "a block scalar")
    elif not _is_flow(node):
        _refuse(path, "several lines")
    style = node.style if isinstance(node, ScalarNode) else None
    return _spliced(text, node, _scalar(value, style, in_flow=_is_flow(parent)))


def _renamed(text: str, path: FieldPath, key: str, value: object) -> str:
    """Replace the key where the value stays; else take the entry out and add the other."""
    parent = _node(text, path[:-1])
    if isinstance(parent, MappingNode):
        for key_node, value_node in parent.value:
            if key_node.value == path[-1] and isinstance(value_node, ScalarNode) and value_node.value == value:
                return _spliced(text, key_node, _scalar(key, key_node.style, in_flow=_is_flow(parent)))
    return _with(_without(text, path), (*path[:-1], key), value)


def _without(text: str, path: FieldPath) -> str:
    parent = _node(text, path[:-1])
    entries = _entries(parent)
    index = _index(parent, path)
    first, last = entries[index]
    if _is_flow(parent):
        return _without_flow_entry(text, entries, index)
    start = _line_start(text, first.start_mark.index)
    lead = text[start : first.start_mark.index]
    if lead.strip() not in ({"-"} if isinstance(parent, SequenceNode) else {""}):
        _refuse(path, "on one line with its parent")
    end = _next_line(text, _last_character(last, path))
    if len(entries) > 1:
        return text[:start] + text[end:]
    indent = lead.replace("-", " ") if isinstance(parent, SequenceNode) else lead
    empty = "[]" if isinstance(parent, SequenceNode) else "{}"
    return text[:start] + indent + empty + _line_break(text, start, end) + text[end:]


def _without_flow_entry(text: str, entries: Sequence[tuple[Node, Node]], index: int) -> str:
    start, end = _span(entries[index])
    if index + 1 < len(entries):
        return text[:start] + text[_span(entries[index + 1])[0] :]
    comma = _COMMA.match(text, end)
    if index == 0 or comma:
        return text[: len(text[:start].rstrip()) if index else start] + text[comma.end() if comma else end :]
    before = _span(entries[index - 1])[1]
    comma = _COMMA.match(text, before)
    between = text[comma.end() if comma else before : start].rstrip()
    return text[:before] + between + text[end:]


def _with(text: str, path: FieldPath, value: object) -> str:
    parent = _node(text, path[:-1])
    entries = _entries(parent)
    step = path[-1]
    if isinstance(parent, MappingNode) and isinstance(step, str):
        if any(key.value == step for key, _ in parent.value):
            return _replaced(text, path, value)
        key = _scalar(step, None, in_flow=_is_flow(parent))
        at, entry = len(entries), f"{key}: {_scalar(value, None, in_flow=_is_flow(parent))}"
    elif isinstance(parent, SequenceNode) and isinstance(step, int) and 0 <= step <= len(entries):
        style = _style_of(parent)
        at, entry = step, _scalar(value, style, in_flow=_is_flow(parent))
    else:
        _refuse(path, "not in a mapping or list")
    if _is_flow(parent):
        return _with_flow_entry(text, parent, entries, at, entry)
    if not entries:
        _refuse(path, "in an empty block")
    mark = "- " if isinstance(parent, SequenceNode) else ""
    if at < len(entries):
        neighbour = entries[at][0].start_mark.index
        place = _line_start(text, neighbour)
        lead = text[place:neighbour]
    else:
        neighbour = entries[-1][0].start_mark.index
        start = _line_start(text, neighbour)
        lead = " " * (neighbour - start) if not mark else text[start:neighbour]
        place = _next_line(text, _last_character(entries[-1][1], path))
    if lead.strip() != mark.strip():
        _refuse(path, "on one line with its parent")
    line_break = _line_break(text, _line_start(text, neighbour), _next_line(text, neighbour))
    if place and text[place - 1] not in "\r\n":
        return f"{text[:place]}{line_break}{lead}{entry}{text[place:]}"
    return f"{text[:place]}{lead}{entry}{line_break}{text[place:]}"


def _with_flow_entry(text: str, parent: Node, entries: Sequence[tuple[Node, Node]], at: int, entry: str) -> str:
    if not entries:
        place = parent.start_mark.index + 1
        return text[:place] + entry + text[place:]
    if at < len(entries):
        place = _span(entries[at])[0]
        return f"{text[:place]}{entry}, {text[place:]}"
    place = _span(entries[-1])[1]
    return f"{text[:place]}, {entry}{text[place:]}"


def _node(text: str, path: FieldPath) -> Node:
    try:
        node = next(yaml.compose_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, StopIteration) as error:
        raise CannotEditError("cannot be read as YAML", field=format_field_path(path)) from error
    for depth in range(len(path)):
        node = _child(node, path[: depth + 1])
    return node


def _child(parent: Node, path: FieldPath) -> Node:
    return _entries(parent)[_index(parent, path)][1]


def _index(parent: Node, path: FieldPath) -> int:
    step = path[-1]
    if isinstance(parent, SequenceNode) and isinstance(step, int) and 0 <= step < len(parent.value):
        return step
    if isinstance(parent, MappingNode):
        for index, (key, _) in enumerate(parent.value):
            if isinstance(key, ScalarNode) and key.value == step:
                return index
    return _refuse(path, "written elsewhere, by an alias or a merge key")


def _is_flow(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.flow_style)


def _entries(parent: Node) -> list[tuple[Node, Node]]:
    """Return the first and the last node of each entry: key and value of a mapping, the element of a list."""
    if isinstance(parent, MappingNode):
        return list(parent.value)
    return [(element, element) for element in parent.value] if isinstance(parent, SequenceNode) else []


def _span(entry: tuple[Node, Node]) -> tuple[int, int]:
    return entry[0].start_mark.index, entry[1].end_mark.index


def _last_character(node: Node, path: FieldPath) -> int:
    """Return the index after the last character of a node; a block collection ends with its last entry."""
    while not isinstance(node, ScalarNode) and not _is_flow(node):
        entries = _entries(node)
        if not entries:
            break
        node = entries[-1][1]
    if isinstance(node, ScalarNode) and node.style in {"|", ">"}:
        _refuse(path, "beside a block scalar")
    return int(node.end_mark.index)


def _style_of(parent: SequenceNode) -> str | None:
    """Return how the elements of a list are quoted, when all are quoted alike."""
    styles = {element.style for element in parent.value if isinstance(element, ScalarNode)}
    style = styles.pop() if len(styles) == 1 else None
    return style if style in {"'", '"'} else None


def _scalar(value: object, style: str | None, *, in_flow: bool) -> str:
    """Write a value on one line, quoted as its predecessor was, and wherever it would read as another type."""
    if not isinstance(value, str) or style == '"':
        return json.dumps(value, ensure_ascii=False)
    if style == "'" and value.isprintable():
        doubled = value.replace("'", "''")
        return f"'{doubled}'"
    plain = _PLAIN_IN_FLOW if in_flow else _PLAIN
    if plain.fullmatch(value) and resolve_plain_scalar(value) == value and value.strip("-"):
        return value
    return json.dumps(value, ensure_ascii=False)


def _spliced(text: str, node: Node, replacement: str) -> str:
    return text[: node.start_mark.index] + replacement + text[node.end_mark.index :]


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _next_line(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _line_break(text: str, start: int, end: int) -> str:
    """Return how these lines end; the last line of a file may not end at all, and then the others decide."""
    line = text[start:end]
    if not line.endswith("\n"):
        line = text
    return "\r\n" if "\r\n" in line else "\n"


def _refuse(path: FieldPath, how: str) -> NoReturn:
    raise CannotEditError(f"cannot be changed in place: it is {how}", field=format_field_path(path))
