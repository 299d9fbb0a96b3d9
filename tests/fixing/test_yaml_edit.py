"""An edit changes the field alone: every other character of the text stays."""

import pytest

from neuroscale.fixing.json_patch import patched
from neuroscale.fixing.yaml_edit import CannotEditError, edited
from neuroscale.manifests.yaml_text import parse_yaml
from neuroscale.rules.finding import PatchOperation


def after(text: str, *operations: PatchOperation) -> str:
    """Return the edited text, once it reads as what the patch describes."""
    result = edited(text, (), operations)
    (before,), (now,) = parse_yaml(text, "before.yaml"), parse_yaml(result, "after.yaml")
    assert now.value == patched(before.value, operations)
    return result


def replace(value: object, *path: str | int) -> PatchOperation:
    return PatchOperation("replace", path, value)


def remove(*path: str | int) -> PatchOperation:
    return PatchOperation("remove", path)


def add(value: object, *path: str | int) -> PatchOperation:
    return PatchOperation("add", path, value)


@pytest.mark.parametrize(
    ("before", "operation", "expected"),
    [
        ("a: old   # why\nb: 1\n", replace("new", "a"), "a: new   # why\nb: 1\n"),
        ('a: "old"\n', replace("new", "a"), 'a: "new"\n'),
        ("a: 'old'\n", replace("it's", "a"), "a: 'it''s'\n"),
        ("a: old\n", replace("0.15", "a"), 'a: "0.15"\n'),
        ("a: old\n", replace("on", "a"), 'a: "on"\n'),
        ("a: old\n", replace("1e3", "a"), 'a: "1e3"\n'),
        ("a: old\n", replace("", "a"), 'a: ""\n'),
        ("a: old\n", replace("x: y # z", "a"), 'a: "x: y # z"\n'),
        ("a: true\n", replace(False, "a"), "a: false\n"),
        ("a: {b: old, c: 1}\n", replace("x,y", "a", "b"), 'a: {b: "x,y", c: 1}\n'),
        ('{"a": ["old"]}', replace("new", "a", 0), '{"a": ["new"]}'),
        ("a:\n  - --flag=true # x\n", replace("--flag", "a", 0), "a:\n  - --flag # x\n"),
        ("a: old\r\nb: 1\r\n", replace("new", "a"), "a: new\r\nb: 1\r\n"),
        ("a: [old]", replace({"b": 1}, "a"), 'a: {"b": 1}'),
    ],
)
def test_replace(before: str, operation: PatchOperation, expected: str) -> None:
    assert after(before, operation) == expected


@pytest.mark.parametrize(
    ("before", "operation", "expected"),
    [
        ("a:\n- x\n# above y\n- y # beside\n- z\n", remove("a", 1), "a:\n- x\n# above y\n- z\n"),
        ("a:\n  - x\n", remove("a", 0), "a:\n    []\n"),
        ("a:\n- x\nb: 1\n", remove("a", 0), "a:\n  []\nb: 1\n"),
        ("a:\n  b: 1\n", remove("a", "b"), "a:\n  {}\n"),
        ("a: [x, y, z]\n", remove("a", 0), "a: [y, z]\n"),
        ("a: [x, y, z]\n", remove("a", 1), "a: [x, z]\n"),
        ("a: [x, y, z]\n", remove("a", 2), "a: [x, y]\n"),
        ("a: [x]\n", remove("a", 0), "a: []\n"),
        ("a: [x,]\n", remove("a", 0), "a: []\n"),
        ("a: [\n  x, # about x\n  y,\n]\n", remove("a", 1), "a: [\n  x, # about x\n]\n"),
        ("a: [\n  x, # about x\n  y\n]\n", remove("a", 1), "a: [\n  x # about x\n]\n"),
        ("a: {b: 1, c: 2}\n", remove("a", "b"), "a: {c: 2}\n"),
        ("a: 1\r\nb: 2\r\nc: 3\r\n", remove("b"), "a: 1\r\nc: 3\r\n"),
        ("a:\n  - x\n  - y", remove("a", 1), "a:\n  - x\n"),
        ("a:\n  b:\n    c: 1\n    d: 2\ne: 3\n", remove("a"), "e: 3\n"),
    ],
)
def test_remove(before: str, operation: PatchOperation, expected: str) -> None:
    assert after(before, operation) == expected


@pytest.mark.parametrize(
    ("before", "operation", "expected"),
    [
        ("a:\n  b: 1 # one\n# end\n", add("moe", "a", "c"), "a:\n  b: 1 # one\n  c: moe\n# end\n"),
        ("a:\n  b: 1", add("0.2", "a", "c"), 'a:\n  b: 1\n  c: "0.2"'),
        ("a: {b: 1}\n", add("moe", "a", "c"), "a: {b: 1, c: moe}\n"),
        ("a: {}\n", add("moe", "a", "c"), "a: {c: moe}\n"),
        ("a:\n  b: 1\r\n", add("x", "a", "c"), "a:\n  b: 1\r\n  c: x\r\n"),
        ("a:\n  - x\n  - y\n", add("z", "a", 1), "a:\n  - x\n  - z\n  - y\n"),
        ("a:\n  - 'x'\n", add("z", "a", 1), "a:\n  - 'x'\n  - 'z'\n"),
        ('a: ["x"]\n', add("z", "a", 1), 'a: ["x", "z"]\n'),
        ('a: ["x"]\n', add("z", "a", 0), 'a: ["z", "x"]\n'),
        ("a:\n- b: 1\n", add("x", "a", 0, "c"), "a:\n- b: 1\n  c: x\n"),
        ("a:\n  b:\n    c: 1\n", add("x", "a", "d"), "a:\n  b:\n    c: 1\n  d: x\n"),
        ("a: 1\n", add("x", "a"), "a: x\n"),
    ],
)
def test_add(before: str, operation: PatchOperation, expected: str) -> None:
    assert after(before, operation) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("l:\n  costCenter: cc # mine\n  b: 1\n", "l:\n  cost-center: cc # mine\n  b: 1\n"),
        ("l: {costCenter: cc}\n", "l: {cost-center: cc}\n"),
        ('{"l": {"costCenter": "cc"}}', '{"l": {"cost-center": "cc"}}'),
    ],
)
def test_a_rename_keeps_the_place_and_the_comment(before: str, expected: str) -> None:
    operations = (remove("l", "costCenter"), add("cc", "l", "cost-center"))
    assert after(before, *operations) == expected


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("a: |\n  text\n", replace("x", "a")),
        ("a: >-\n  text\nb: 1\n", remove("a")),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", replace(2, "c", "b")),
        ("a:\n  b: 1\n", replace("x", "a")),
        ("a:\n  b: 1\n", remove("a", "z")),
        ("a:\n  - b: 1\n    c: 2\n", remove("a", 0, "b")),
        ("a: [x\n", remove("a", 0)),
        ("", add("x", "a")),
    ],
)
def test_what_cannot_be_changed_in_place_is_refused(text: str, operation: PatchOperation) -> None:
    with pytest.raises(CannotEditError):
        edited(text, (), (operation,))


def test_the_documents_that_follow_stay_as_they_are() -> None:
    text = "a: old\n---\n{{ no yaml }}: [\n"
    assert edited(text, (), (replace("new", "a"),)) == "a: new\n---\n{{ no yaml }}: [\n"


def test_operations_follow_one_another() -> None:
    text = "args: [--switch, 'false', --other]\n"
    assert after(text, replace("--no-switch", "args", 0), remove("args", 1)) == "args: [--no-switch, --other]\n"
