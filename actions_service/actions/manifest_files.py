"""Manifests as an input of actions: files by path and content."""

from collections.abc import Mapping, Sequence
from typing import Any

from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject

MAXIMUM_FILES = 500
MAXIMUM_CONTENT_LENGTH = 1024 * 1024


def files_schema(title: str, description: str, example: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the schema of a list of files."""
    return {
        "type": "array",
        "title": title,
        "description": description,
        "maxItems": MAXIMUM_FILES,
        "items": {
            "type": "object",
            "examples": [{"path": "inference-service.yaml", "content": "apiVersion: v1\nkind: Service\n..."}],
            "required": ["path", "content"],
            "additionalProperties": False,
            "properties": {
                "path": {
                    "type": "string",
                    "title": "Path",
                    "description": "Name of the file, for the places of findings; nothing is read from disk.",
                    "minLength": 1,
                    "maxLength": 400,
                    "examples": ["inference-service.yaml"],
                },
                "content": {
                    "type": "string",
                    "title": "Content",
                    "description": "YAML with any number of documents, or JSON.",
                    "maxLength": MAXIMUM_CONTENT_LENGTH,
                    "examples": ["apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n..."],
                },
            },
        },
        "examples": [list(example)],
    }


def read_files(files: Sequence[Mapping[str, str]]) -> tuple[ManifestObject, ...]:
    """Return the objects of all files, in order.

    Raises:
        UnreadableInputError: A content is neither YAML nor JSON; the error's field is path:line:column.
        InvalidInputError: A document is not a Kubernetes object.
    """
    return tuple(manifest for file in files for manifest in load_manifests(file["content"], file["path"]))
