"""A file that a platform writes for us: one YAML document, as it is or in a ConfigMap."""

from typing import Any

from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.yaml_text import parse_yaml


def read_platform_document(text: str, source: str, *, what: str, key: str, head: str) -> tuple[Any, str]:
    """Return the document, and its place for messages.

    Args:
        text: The document, or a ConfigMap that holds it.
        source: Name of the text, for messages.
        what: What the document is, e.g. "price book".
        key: Where a ConfigMap holds it.
        head: How such a document begins, told to those whose text is none.

    Raises:
        UnreadableInputError: The text is not YAML, or not one document.
        InvalidInputError: It is a ConfigMap without the key.
    """
    document = _one_document(text, source, what, head)
    if not isinstance(document, dict) or document.get("kind") != "ConfigMap":
        return document, source
    data = document.get("data")
    inner = data.get(key) if isinstance(data, dict) else None
    if not isinstance(inner, str):
        raise InvalidInputError(
            f"the ConfigMap holds no {what}", field=source, fix=f"write it under data, as {key}"
        )
    place = f"{source}: data[{key}]"
    return _one_document(inner, place, what, head), place


def _one_document(text: str, source: str, what: str, head: str) -> Any:
    documents = [each.value for each in parse_yaml(text.removeprefix("\ufeff"), source) if each.value is not None]
    if len(documents) != 1:
        raise UnreadableInputError(
            f"a {what} is one YAML document, these are {len(documents)}", field=source, fix=head
        )
    return documents[0]
