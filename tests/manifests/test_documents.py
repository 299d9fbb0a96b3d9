"""A file becomes the Kubernetes objects it holds, each knowing where its fields stand."""

import pytest

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import ForeignDocumentError, load_manifests, manifest_from_mapping
from neuroscale.manifests.object import FieldPath

SERVICE = """\
# who owns this
apiVersion: v1
kind: List
items:
  - apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    metadata: &meta
      name: chat
      labels: {owner: team-a}
    spec:
      predictor:
        containers:
          - args:
              - --tensor-parallel-size=4
              - --max-model-len=8192
  - {apiVersion: v1, kind: ConfigMap, metadata: {<<: *meta, name: settings}}
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 5, 5),
        (("metadata", "name"), 8, 7),
        (("metadata", "labels", "owner"), 9, 16),
        (("spec", "predictor", "containers", 0, "args", 1), 15, 17),
        (("spec", "predictor", "containers", 0, "args", 7), 13, 13),
        (("spec", "predictor", "model", "runtime"), 11, 7),
        (("status",), 5, 5),
    ],
)
def test_a_field_stands_where_it_or_its_nearest_parent_is_written(path: FieldPath, line: int, column: int) -> None:
    service, _ = load_manifests(SERVICE, "-")
    assert service.source is not None
    position = service.source.position(path)
    assert position is not None
    assert (service.source.file, position.line, position.column) == ("-", line, column)


def test_a_field_that_comes_from_an_anchor_stands_at_the_anchor() -> None:
    _, settings = load_manifests(SERVICE, "-")
    assert settings.name == "settings"
    assert settings.source is not None
    position = settings.source.position(("metadata", "labels", "owner"))
    assert position is not None
    assert (position.line, position.column) == (9, 16)


def test_json_has_positions_too() -> None:
    (service,) = load_manifests('{"apiVersion": "v1",\n "kind": "Service",\n "spec": {"ports": [1, 2]}}', "s.json")
    assert service.source is not None
    position = service.source.position(("spec", "ports", 1))
    assert position is not None
    assert (position.line, position.column) == (3, 24)


def test_flow_style_yaml_is_not_mistaken_for_json() -> None:
    (service,) = load_manifests("{apiVersion: v1, kind: Service, metadata: {name: a}}", "s.yaml")
    assert service.name == "a"


def test_empty_documents_and_a_byte_order_mark_are_skipped() -> None:
    objects = load_manifests("\ufeff---\n---\n# nothing\n---\napiVersion: v1\nkind: Service\n...\n---\n", "f.yaml")
    assert [each.kind for each in objects] == ["Service"]
    assert load_manifests("", "f.yaml") == ()


def test_a_typed_list_names_the_kind_of_its_items_once() -> None:
    text = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceServiceList\nitems:\n- metadata: {name: a}\n"
    (service,) = load_manifests(text, "f.yaml")
    assert (service.api_version, service.kind, service.name) == (
        "serving.kserve.io/v1beta1",
        "InferenceService",
        "a",
    )


@pytest.mark.parametrize(
    ("text", "location", "words"),
    [
        ("replicaCount: 2\n", "values.yaml:1:1", "apiVersion and kind missing"),
        ("apiVersion: v1\nmetadata: {name: a}", "values.yaml:1:1", "kind missing"),
        ("apiVersion: v1\nkind: ''\n", "values.yaml:2:1", "kind missing"),
        ("just words", "values.yaml:1:1", "this document is a string"),
        ("- a\n- b", "values.yaml:1:1", "this document is a list"),
        ("apiVersion: v1\nkind: List\nitems: [3]", "values.yaml:3:9", "this document is a number"),
    ],
)
def test_a_document_that_is_no_kubernetes_object_is_told_apart(text: str, location: str, words: str) -> None:
    with pytest.raises(ForeignDocumentError) as caught:
        load_manifests(text, "values.yaml")
    assert caught.value.field == location
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("apiVersion: 1\nkind: A", "apiVersion must be a string, this is a number"),
        ("apiVersion: v1\nkind: [A]", "kind must be a string, this is a list"),
        ("apiVersion: v1\nkind: A\nmetadata: 3", "metadata must be a mapping, this is a number"),
        ("apiVersion: v1\nkind: A\nmetadata: {name: 3}", "metadata.name must be a string, this is a number"),
        (
            "apiVersion: v1\nkind: A\nmetadata: {namespace: on}",
            "metadata.namespace must be a string, this is a boolean",
        ),
    ],
)
def test_a_field_every_object_has_must_have_its_type(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_manifests(text, "f.yaml")
    assert caught.value.message == message


def test_a_parsed_body_becomes_an_object_without_a_source() -> None:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"generateName": "a-", "namespace": None}}
    manifest = manifest_from_mapping(body)
    assert (manifest.name, manifest.namespace, manifest.source) == ("", "", None)
    with pytest.raises(ForeignDocumentError, match="kind missing"):
        manifest_from_mapping({"apiVersion": "v1"})
