"""Text to Kubernetes objects, with the place of every field."""

from collections.abc import Iterator, Mapping
from typing import Any

from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.json_text import parse_json
from neuroscale.manifests.object import FieldPath, ManifestObject, format_field_path
from neuroscale.manifests.written import FileSource, PositionTree, WrittenValue, format_location
from neuroscale.manifests.yaml_text import parse_yaml


class ForeignDocumentError(InvalidInputError):
    """A document that is valid YAML or JSON but no Kubernetes object: Helm values, a bare kustomization."""


def load_manifests(text: str, file: str) -> tuple[ManifestObject, ...]:
    """Read the Kubernetes objects of a file, in the order written, lists (`kind: List`, `kind: FooList`) flattened.

    Args:
        text: YAML (one or more documents) or JSON (one or more values).
        file: Name for messages and positions; "-" for standard input.

    Raises:
        UnreadableInputError: The text is neither YAML nor JSON, repeats a key or is over a limit; its field is
            file:line:column.
        ForeignDocumentError: A document is not a Kubernetes object.
        InvalidInputError: A field that every object has is of the wrong type.
    """
    objects: list[ManifestObject] = []
    for document in _parse(text.removeprefix("\ufeff"), file):
        if document.value is not None:
            objects.extend(_objects(document.value, document.positions, file, {}))
    return tuple(objects)


def manifest_from_mapping(body: Mapping[str, Any]) -> ManifestObject:
    """Return the object that an already parsed body holds, as an admission review or a cluster gives it.

    Raises:
        ForeignDocumentError: The body has no apiVersion or kind.
        InvalidInputError: apiVersion, kind, metadata, a name or a namespace is of the wrong type.
    """
    return _object(body, None, {})


def _parse(text: str, file: str) -> tuple[WrittenValue, ...]:
    if not text.lstrip().startswith(("{", "[")):
        return parse_yaml(text, file)
    try:
        return parse_json(text, file)
    except UnreadableInputError:
        if file.endswith(".json"):
            raise
        # Flow style YAML opens with the same brackets.
        return parse_yaml(text, file)


def _objects(
    body: object, positions: PositionTree, file: str, defaults: Mapping[str, str]
) -> Iterator[ManifestObject]:
    source = FileSource(file, positions)
    if not isinstance(body, Mapping):
        raise ForeignDocumentError(
            f"a Kubernetes object is a mapping, this document is a {_type_name(body)}",
            field=format_location(file, positions.position),
        )
    items = body.get("items")
    kind = body.get("kind")
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(items, list)):
        yield _object(body, source, defaults)
        return
    # A typed list names the type of its items once; a plain List leaves it to each item.
    version = body.get("apiVersion")
    item_defaults = {"apiVersion": version, "kind": kind.removesuffix("List")} if kind != "List" else {}
    for index, item in enumerate(items):
        below = positions.fields["items"].fields[index]
        yield from _objects(item, below, file, {k: v for k, v in item_defaults.items() if isinstance(v, str)})


def _object(body: Mapping[str, Any], source: FileSource | None, defaults: Mapping[str, str]) -> ManifestObject:
    api_version = body.get("apiVersion", defaults.get("apiVersion"))
    kind = body.get("kind", defaults.get("kind"))
    missing = [field for field, value in (("apiVersion", api_version), ("kind", kind)) if value in (None, "")]
    if missing:
        raise ForeignDocumentError(
            f"not a Kubernetes object: {' and '.join(missing)} missing",
            field=_location(source, (missing[0],)),
            fix="give the object an apiVersion and a kind, or leave the file out",
        )
    metadata = body.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, Mapping):
        raise _wrong_type(source, ("metadata",), "a mapping", metadata)
    for path, value in ((("apiVersion",), api_version), (("kind",), kind)):
        if not isinstance(value, str):
            raise _wrong_type(source, path, "a string", value)
    for name in ("name", "namespace"):
        if not isinstance(metadata.get(name, "") or "", str):
            raise _wrong_type(source, ("metadata", name), "a string", metadata[name])
    return ManifestObject(
        api_version=str(api_version),
        kind=str(kind),
        namespace=metadata.get("namespace") or "",
        name=metadata.get("name") or "",
        body=body,
        source=source,
    )


def _location(source: FileSource | None, path: FieldPath) -> str | None:
    if source is not None:
        return format_location(source.file, source.positions.position_of(path))
    return format_field_path(path) or None


def _wrong_type(source: FileSource | None, path: FieldPath, wanted: str, value: object) -> InvalidInputError:
    return InvalidInputError(
        f"{format_field_path(path)} must be {wanted}, this is a {_type_name(value)}", field=_location(source, path)
    )


def _type_name(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list | tuple) else "mapping" if isinstance(value, Mapping) else "null"
