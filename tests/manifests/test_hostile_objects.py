"""Whatever stands in a field, the reader answers: with a reading, a sentence, or an error that names the field."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.autoscaling import read_autoscalers
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.manifests.serving import read_workloads
from neuroscale.manifests.targets import serving_object_of
from tests.manifests.fixture_files import FIXTURES, load, load_one

RUNTIMES = load("runtimes.yaml")
CONTEXT = (*RUNTIMES, *load("llm-configurations.yaml"))
OBJECTS = [each for file in sorted(FIXTURES.glob("*.yaml")) for each in load(file.name)]
MERGED_SERVICES = [
    load_one(name) for name in ("isvc-runtime.yaml", "isvc-multi-node.yaml", "llm-base-references.yaml")
]

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
arguments = st.sampled_from(
    ["--tensor-parallel-size", "=4", "$(X)", "${Y}", "{{.Name}}", "'", '"', "sh", "-c", "vllm"]
)
values = st.recursive(
    scalars | arguments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def field_paths(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from field_paths(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from field_paths(below, (*path, index))


FIELDS = [(each, path) for each in OBJECTS for path in field_paths(each.body) if path]


def replaced(manifest: ManifestObject, path: FieldPath, value: object) -> ManifestObject:
    body = copy.deepcopy(dict(manifest.body))
    holder: Any = body
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return manifest_from_mapping(body)


def read(manifest: ManifestObject, context: tuple[ManifestObject, ...]) -> None:
    read_workloads(manifest, context)
    if manifest.kind == "LLMInferenceService":
        read_workloads(manifest, context, "0.16")
    for autoscaler in read_autoscalers(manifest):
        serving_object_of(autoscaler, (manifest, *context))


def refusal(manifest: ManifestObject, path: FieldPath, value: object) -> InvalidInputError | None:
    try:
        read(replaced(manifest, path, value), CONTEXT)
    except InvalidInputError as error:
        return error
    return None


def assert_answered(manifest: ManifestObject, path: FieldPath, value: object) -> None:
    error = refusal(manifest, path, value)
    assert error is None or (error.field and error.message)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FIELDS), values)
def test_any_value_in_any_field_of_an_object_is_answered(
    field: tuple[ManifestObject, FieldPath], value: object
) -> None:
    assert_answered(*field, value)


@pytest.mark.parametrize(
    "value", [None, True, 3, -1, 1.5, "", "text", [], [None], ["x"], [{}], {}, {"a": "b"}], ids=repr
)
def test_each_kind_of_value_in_every_field_is_answered(value: object) -> None:
    for manifest, path in FIELDS:
        assert_answered(manifest, path, value)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([(each, path) for each, path in FIELDS if each in CONTEXT]), values)
def test_a_malformed_neighbour_never_stops_the_reading_of_a_service(
    field: tuple[ManifestObject, FieldPath], value: object
) -> None:
    try:
        neighbour = replaced(*field, value)
    except InvalidInputError:
        return
    for service in MERGED_SERVICES:
        read_workloads(service, (neighbour,))
