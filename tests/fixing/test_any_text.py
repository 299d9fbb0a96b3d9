"""Whatever the text, an edit gives what the patch describes, or refuses; it never raises anything else."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.fixing.json_patch import patched
from neuroscale.fixing.yaml_edit import CannotEditError, edited
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.yaml_text import parse_yaml
from neuroscale.rules.finding import PatchOperation

TEXTS = st.text("abyno01e:-#'\" ,[]{}é\n", max_size=6)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(-9, 99), st.sampled_from(["--flag=true", "0.15", "on", "~"]))
KEYS = st.text("abxyz-", min_size=2, max_size=4).filter(lambda key: key.strip("-"))
VALUES = st.recursive(
    SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(KEYS, below, max_size=3)),
    max_leaves=8,
)
BODIES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


def paths(value: Any, path: FieldPath = ()) -> list[FieldPath]:
    """Return the path of every field."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for step, below in steps for each in [(*path, step), *paths(below, (*path, step))]]


def at(value: Any, path: FieldPath) -> Any:
    """Return what stands at a path."""
    for step in path:
        value = value[step]
    return value


@st.composite
def operations(draw: st.DrawFn, body: Any) -> PatchOperation:
    """Draw an operation that fits a body."""
    path = draw(st.sampled_from(paths(body)))
    kind = draw(st.sampled_from(["replace", "remove", "add"]))
    if kind == "remove":
        return PatchOperation("remove", path)
    if kind == "replace":
        return PatchOperation("replace", path, draw(SCALARS))
    parent = at(body, path[:-1])
    step: str | int = draw(KEYS) if isinstance(parent, dict) else draw(st.integers(0, len(parent)))
    return PatchOperation("add", (*path[:-1], step), draw(SCALARS))


@settings(max_examples=100, deadline=None)
@given(st.data(), BODIES, st.sampled_from([True, False, None]), st.integers(1, 4), st.booleans())
def test_an_edit_reads_as_the_patch_describes(
    data: st.DataObject, body: dict[str, Any], flow: bool | None, indent: int, carriage_returns: bool
) -> None:
    text = yaml.safe_dump(body, default_flow_style=flow, indent=indent, allow_unicode=True, sort_keys=False)
    if carriage_returns:
        text = text.replace("\n", "\r\n")
    (before,) = parse_yaml(text, "a.yaml")
    operation = data.draw(operations(before.value))
    try:
        result = edited(text, (), (operation,))
    except CannotEditError:
        return
    (after,) = parse_yaml(result, "a.yaml")
    assert after.value == patched(before.value, (operation,))
