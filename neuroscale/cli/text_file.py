"""Files of text, as the commands read them."""

from pathlib import Path

from neuroscale.errors import UnreadableInputError


def read_text_file(path: Path) -> str:
    """Return the text of a file.

    Raises:
        UnreadableInputError: It cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableInputError(error.strerror or "cannot be read", field=str(path)) from error
    return text_of(content, str(path))


def text_of(content: bytes, name: str) -> str:
    """Return the text of bytes that were read from a file or from standard input.

    Raises:
        UnreadableInputError: They are not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"is not UTF-8 text: {error.reason}", field=name) from error
